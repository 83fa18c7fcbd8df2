"""Days in a row are counted for a member who asks for it; for everybody else nothing changes."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_panel_purpose")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="shows_streaks",
            field=models.BooleanField(default=False, verbose_name="며칠째 이어 쓰는지 보기"),
        ),
    ]
