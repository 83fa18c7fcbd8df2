"""Studies in which people and the ensemble name the feeling on the same faces."""

from __future__ import annotations

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import moods.panel.models


class Migration(migrations.Migration):
    dependencies = [
        ("moods", "0002_bundles_and_rereads"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Study",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("title", models.CharField(max_length=80, verbose_name="이름")),
                (
                    "state",
                    models.CharField(
                        choices=[("draft", "준비 중"), ("open", "진행 중"), ("closed", "끝남")],
                        default="draft",
                        max_length=8,
                    ),
                ),
                ("per_half", models.PositiveSmallIntegerField(default=50, verbose_name="절반마다 얼굴 수")),
                ("submission", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("opened_at", models.DateTimeField(blank=True, null=True)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                ("source", models.CharField(blank=True, max_length=120)),
                ("terms", models.TextField(blank=True, max_length=2000)),
                ("key", models.TextField(editable=False)),
                (
                    "made_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="panel_studies",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "사람 대 AI 연구",
                "verbose_name_plural": "사람 대 AI 연구",
                "ordering": ["-made_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="Participant",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("name", models.CharField(blank=True, max_length=40, verbose_name="이름이나 머리글자")),
                ("seed", models.PositiveIntegerField(default=moods.panel.models.new_seed, editable=False)),
                ("consent_version", models.CharField(max_length=20)),
                ("consented_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "invited_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="panel_participations",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "study",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="participants",
                        to="moods.study",
                    ),
                ),
            ],
            options={
                "verbose_name": "참여자",
                "verbose_name_plural": "참여자",
            },
        ),
        migrations.CreateModel(
            name="Link",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("for_device", models.BooleanField(default=False)),
                ("digest", models.CharField(editable=False, max_length=64, unique=True)),
                ("note", models.CharField(blank=True, max_length=40, verbose_name="누구에게")),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("expires_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(blank=True, null=True)),
                (
                    "made_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "participant",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="links",
                        to="moods.participant",
                    ),
                ),
                (
                    "study",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="links", to="moods.study"
                    ),
                ),
            ],
            options={
                "verbose_name": "초대 링크",
                "verbose_name_plural": "초대 링크",
            },
        ),
        migrations.CreateModel(
            name="Face",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "half",
                    models.CharField(
                        choices=[("dataset", "데이터 세트 얼굴"), ("own", "회원이 허락한 사진")], max_length=8
                    ),
                ),
                (
                    "label",
                    models.CharField(
                        choices=[
                            ("happy", "기쁨"),
                            ("sad", "슬픔"),
                            ("angry", "분노"),
                            ("anxious", "불안"),
                            ("startled", "당황"),
                            ("neutral", "중립"),
                        ],
                        max_length=10,
                    ),
                ),
                ("file", models.CharField(blank=True, editable=False, max_length=120)),
                (
                    "machine_state",
                    models.CharField(
                        choices=[
                            ("queued", "차례를 기다려요"),
                            ("running", "읽고 있어요"),
                            ("read", "읽었어요"),
                            ("unsure", "자신이 없어 답하지 않았어요"),
                            ("rejected", "읽을 수 없는 사진이에요"),
                            ("failed", "읽지 못했어요"),
                        ],
                        default="queued",
                        max_length=10,
                    ),
                ),
                ("machine_reason", models.CharField(blank=True, max_length=30)),
                (
                    "machine_emotion",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("happy", "기쁨"),
                            ("sad", "슬픔"),
                            ("angry", "분노"),
                            ("anxious", "불안"),
                            ("startled", "당황"),
                            ("neutral", "중립"),
                        ],
                        max_length=10,
                    ),
                ),
                ("machine_probabilities", models.JSONField(blank=True, null=True)),
                ("machine_version", models.CharField(blank=True, max_length=60)),
                ("machine_at", models.DateTimeField(blank=True, null=True)),
                ("lease", models.UUIDField(blank=True, editable=False, null=True)),
                ("lease_until", models.DateTimeField(blank=True, editable=False, null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0, editable=False)),
                (
                    "reading",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="panel_faces",
                        to="moods.photoreading",
                    ),
                ),
                (
                    "study",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="faces", to="moods.study"
                    ),
                ),
            ],
            options={
                "verbose_name": "연구 얼굴",
                "verbose_name_plural": "연구 얼굴",
            },
        ),
        migrations.CreateModel(
            name="Answer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "feeling",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("happy", "기쁨"),
                            ("sad", "슬픔"),
                            ("angry", "분노"),
                            ("anxious", "불안"),
                            ("startled", "당황"),
                            ("neutral", "중립"),
                        ],
                        max_length=10,
                    ),
                ),
                ("shown_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("answered_at", models.DateTimeField(blank=True, null=True)),
                (
                    "face",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="answers", to="moods.face"
                    ),
                ),
                (
                    "participant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="answers",
                        to="moods.participant",
                    ),
                ),
            ],
            options={
                "verbose_name": "답",
                "verbose_name_plural": "답",
                "constraints": [
                    models.UniqueConstraint(fields=("participant", "face"), name="panel_one_answer_a_face"),
                    models.CheckConstraint(
                        condition=models.Q(("answered_at__isnull", False), ("feeling", ""), _connector="OR"),
                        name="panel_answer_has_time",
                    ),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="participant",
            constraint=models.UniqueConstraint(
                condition=models.Q(("user__isnull", False)),
                fields=("study", "user"),
                name="panel_person_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="link",
            constraint=models.CheckConstraint(
                condition=models.Q(("expires_at__gt", models.F("made_at"))), name="panel_link_ends_later"
            ),
        ),
        migrations.AddIndex(
            model_name="face",
            index=models.Index(
                condition=models.Q(("machine_state__in", ["queued", "running"])),
                fields=["study"],
                name="panel_faces_unread",
            ),
        ),
        migrations.AddConstraint(
            model_name="face",
            constraint=models.UniqueConstraint(
                condition=models.Q(("reading__isnull", False)),
                fields=("study", "reading"),
                name="panel_photo_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="face",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("half", "own"), ("reading__isnull", False), ("file", "")),
                    models.Q(
                        ("half", "dataset"), ("reading__isnull", True), models.Q(("file", ""), _negated=True)
                    ),
                    _connector="OR",
                ),
                name="panel_face_has_one_source",
            ),
        ),
    ]
