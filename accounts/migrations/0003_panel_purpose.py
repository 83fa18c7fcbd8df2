"""A purpose of its own for the human-versus-AI study; no stored row changes."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_append_only")]

    operations = [
        migrations.AlterField(
            model_name="grant",
            name="purpose",
            field=models.CharField(
                choices=[
                    ("emotion_inference", "사진에서 감정 읽기"),
                    ("photo_keep", "사진 보관하기"),
                    ("music", "음악 골라 드리기"),
                    ("share_organisation", "복지관에 흐름 보이기"),
                    ("research", "감정 읽기를 더 좋게 만드는 데 쓰기"),
                    ("human_ai_study", "사람과 AI 견주어 보기에 내 사진 쓰기"),
                ],
                max_length=24,
                verbose_name="목적",
            ),
        ),
    ]
