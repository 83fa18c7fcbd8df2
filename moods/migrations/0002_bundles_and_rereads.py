"""Bundles switched by a row, readings pinned to one, and kept photos read again.

The history of switches is append-only: the database itself refuses to change a row, as it does for
the ledgers of ``accounts`` (whose migration says why SQLite refuses UPDATE only).
"""

from __future__ import annotations

from typing import Any

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models
from django.db.models import OuterRef, Subquery

TABLE = "moods_bundleswitch"
SQLITE = f"""
CREATE TRIGGER {TABLE}_no_update BEFORE UPDATE ON {TABLE}
BEGIN SELECT RAISE(ABORT, 'append-only: a switch is never changed'); END
"""
FUNCTION = """
CREATE OR REPLACE FUNCTION moods_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'append-only: a switch is never changed or removed'; END $$
"""
POSTGRESQL = f"""
CREATE TRIGGER {TABLE}_append_only BEFORE UPDATE OR DELETE ON {TABLE}
FOR EACH ROW EXECUTE FUNCTION moods_append_only()
"""


def remember_what_was_agreed_to(apps: Any, editor: Any) -> None:
    """Fill in, for entries agreed to so far, the guess they were agreed to."""
    reading = apps.get_model("moods", "PhotoReading").objects.filter(check_in=OuterRef("pk"))
    entries = apps.get_model("moods", "CheckIn").objects.filter(agreed=True, reading__isnull=False)
    entries.update(agreed_to=Subquery(reading.values("emotion")[:1]))


def add_trigger(apps: Any, editor: Any) -> None:
    """Create the trigger."""
    if editor.connection.vendor == "postgresql":
        editor.execute(FUNCTION)
        editor.execute(POSTGRESQL)
    else:
        editor.execute(SQLITE)


def drop_trigger(apps: Any, editor: Any) -> None:
    """Remove it again."""
    if editor.connection.vendor == "postgresql":
        editor.execute(f"DROP TRIGGER IF EXISTS {TABLE}_append_only ON {TABLE}")
        editor.execute("DROP FUNCTION IF EXISTS moods_append_only()")
    else:
        editor.execute(f"DROP TRIGGER IF EXISTS {TABLE}_no_update")


class Migration(migrations.Migration):
    """Add the tables, fill in what was agreed to, then the trigger."""

    dependencies = [
        ("moods", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="checkin",
            name="agreed_to",
            field=models.CharField(
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
        migrations.AddField(
            model_name="photoreading",
            name="wanted_version",
            field=models.CharField(blank=True, max_length=60),
        ),
        migrations.CreateModel(
            name="BundleSwitch",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.CharField(editable=False, max_length=60, verbose_name="묶음")),
                (
                    "previous",
                    models.CharField(blank=True, editable=False, max_length=60, verbose_name="이전 묶음"),
                ),
                ("why", models.CharField(editable=False, max_length=300, verbose_name="까닭")),
                (
                    "at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="바꾼 때"
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="바꾼 사람",
                    ),
                ),
            ],
            options={
                "verbose_name": "읽기 묶음 바꾼 기록",
                "verbose_name_plural": "읽기 묶음과 다시 읽기",
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="RereadRun",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("missing", "못 읽은 사진"),
                            ("stale", "다른 묶음으로 읽은 사진"),
                            ("all", "남아 있는 모든 사진"),
                        ],
                        max_length=10,
                        verbose_name="대상",
                    ),
                ),
                ("version", models.CharField(max_length=60, verbose_name="묶음")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("running", "읽는 중"),
                            ("paused", "잠시 멈춤"),
                            ("done", "끝남"),
                            ("stopped", "그만둠"),
                        ],
                        default="running",
                        max_length=10,
                        verbose_name="상태",
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=30)),
                ("open", models.BooleanField(default=True, null=True, unique=True)),
                ("expected", models.PositiveIntegerField(verbose_name="어림한 장수")),
                ("cursor", models.BigIntegerField(default=0)),
                ("fed", models.BooleanField(default=False)),
                (
                    "started_at",
                    models.DateTimeField(default=django.utils.timezone.now, verbose_name="시작한 때"),
                ),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="끝난 때")),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="시작한 사람",
                    ),
                ),
            ],
            options={
                "verbose_name": "다시 읽기",
                "verbose_name_plural": "다시 읽기",
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="Reread",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "차례를 기다림"),
                            ("running", "읽는 중"),
                            ("done", "다시 읽음"),
                            ("skipped", "건너뜀"),
                            ("failed", "읽지 못함"),
                        ],
                        default="queued",
                        max_length=10,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=30)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("available_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("lease", models.UUIDField(blank=True, null=True)),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "was_status",
                    models.CharField(
                        choices=[
                            ("queued", "차례를 기다리고 있어요"),
                            ("running", "읽고 있어요"),
                            ("read", "읽었어요"),
                            ("unsure", "잘 모르겠어요"),
                            ("rejected", "읽을 수 없는 사진이에요"),
                            ("failed", "읽지 못했어요"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "was_emotion",
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
                ("was_confidence", models.FloatField(blank=True, null=True)),
                ("was_version", models.CharField(blank=True, max_length=60)),
                (
                    "now_status",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("queued", "차례를 기다리고 있어요"),
                            ("running", "읽고 있어요"),
                            ("read", "읽었어요"),
                            ("unsure", "잘 모르겠어요"),
                            ("rejected", "읽을 수 없는 사진이에요"),
                            ("failed", "읽지 못했어요"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "now_emotion",
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
                ("now_confidence", models.FloatField(blank=True, null=True)),
                (
                    "reading",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rereads",
                        to="moods.photoreading",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="items",
                        to="moods.rereadrun",
                    ),
                ),
            ],
            options={
                "verbose_name": "다시 읽은 사진",
                "verbose_name_plural": "다시 읽은 사진",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "queued")),
                        fields=["available_at"],
                        name="rereads_waiting",
                    ),
                    models.Index(
                        condition=models.Q(("state", "running")),
                        fields=["lease_until"],
                        name="rereads_leased",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("run", "reading"), name="one_row_a_reading_a_run")
                ],
            },
        ),
        migrations.RunPython(remember_what_was_agreed_to, migrations.RunPython.noop),
        migrations.RunPython(add_trigger, drop_trigger),
    ]
