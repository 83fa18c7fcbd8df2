"""Which bundle reads photos: the active one, what is installed, and the switch from one to another.

A photo is pinned to the bundle that is active when it is queued, and is read by that one or not at
all. If it cannot be opened any more, the reading ends FAILED with the bundle's own code and waits
with its photo; :func:`bundle_activate` and :func:`waiting_requeue` pin it anew, in the open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import DatabaseError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

import inference
from accounts.models import User
from inference import Reason
from moods.choices import Feeling, Status
from moods.models import BundleSwitch, PhotoReading, RereadRun
from moods.runs import RunState

WHY_LENGTH: Final = 300
#: What can be wrong with a bundle, by the codes of ``inference``.
PROBLEMS: Final[dict[str, str | Promise]] = {
    Reason.MODEL_MISSING.value: _("묶음이나 그 안의 파일이 없습니다. 다시 설치해 주세요."),
    Reason.MODEL_CHANGED.value: _("파일이 만들 때와 다릅니다. 원래 파일로 되돌려 주세요."),
    Reason.MODEL_INCOMPATIBLE.value: _("이 프로그램과 맞지 않는 묶음입니다. 맞는 묶음을 설치해 주세요."),
}
#: Every reason for which a switch is refused.
SENTENCES: Final[dict[str, str | Promise]] = PROBLEMS | {
    "already_active": _("이미 쓰고 있는 묶음입니다."),
    "why_needed": _("바꾸는 까닭을 한 줄로 적어 주세요."),
    "why_too_long": _("까닭은 300자까지 쓸 수 있습니다."),
}


class BundleRefused(Exception):
    """A switch that was not made; the bundle that was active still is.

    Attributes:
        code: stable, a key of :data:`SENTENCES`.
        message: one sentence in the reader's language (lazy).
    """

    def __init__(self, code: str) -> None:
        self.code = code
        self.message = SENTENCES[code]
        super().__init__(code)

    def __str__(self) -> str:
        return str(self.message)


@dataclass(frozen=True)
class Installed:
    """One bundle on this machine.

    Attributes:
        problem: empty, or one of the codes of :data:`PROBLEMS`.
        card: its model card, empty if it cannot be read.
        size: of all its files, in bytes.
    """

    version: str
    made: str
    active: bool
    problem: str
    card: dict[str, Any]
    size: int

    @property
    def problem_said(self) -> str:
        """Say what is wrong with it."""
        return str(PROBLEMS[self.problem]) if self.problem else ""


def active_version() -> str:
    """Return the version that reads photos queued now; empty if nothing is installed.

    The latest switch decides; without any, the installation's default.
    """
    switched = BundleSwitch.objects.order_by("-pk").values_list("version", flat=True).first()
    if switched:
        return switched
    try:
        return inference.ensemble_version()
    except inference.InferenceError:
        return ""


def read_with(version: str, photos: Sequence[bytes]) -> list[inference.Reading]:
    """Read photos with one bundle (empty: the active one); raises ``InferenceError``."""
    wanted = version or active_version()
    return inference.read_photos(photos, version=wanted or None)


def warm_up() -> None:
    """Load the active bundle before the first photo comes; raises ``InferenceError``."""
    try:
        switched = BundleSwitch.objects.exists()
    except DatabaseError:  # a worker may start before its database does
        switched = False
    if switched:
        read_with("", [])
    else:
        inference.warm_up()


def installed() -> list[Installed]:
    """Return every bundle on this machine, the active one first; one that was removed is still named."""
    active = active_version()
    found = [_installed(info, active) for info in inference.installed_bundles()]
    if active and all(one.version != active for one in found):
        found.append(Installed(active, "", True, Reason.MODEL_MISSING.value, {}, 0))
    return sorted(found, key=lambda one: (not one.active, one.version))


def bundle_activate(*, version: str, by: User | None, why: str) -> BundleSwitch:
    """Read photos with another bundle from now on; raises :class:`BundleRefused`.

    Photos in the queue keep the bundle they were pinned to. Readings that wait because theirs cannot
    be used are queued again with this one (call ``moods.tasks.wake``), and an open run of rereading
    that is pinned to another bundle pauses.
    """
    why = why.replace("\x00", "").strip()
    if not why or len(why) > WHY_LENGTH:
        raise BundleRefused("why_too_long" if why else "why_needed")
    chosen = next((one for one in installed() if one.version == version), None)
    if chosen is None or chosen.problem:
        raise BundleRefused(chosen.problem if chosen else Reason.MODEL_MISSING.value)
    if chosen.active:
        raise BundleRefused("already_active")
    with transaction.atomic():
        switch = BundleSwitch.objects.create(version=version, previous=active_version(), by=by, why=why)
        others = RereadRun.objects.filter(state=RunState.RUNNING).exclude(version=version)
        others.update(state=RunState.PAUSED, reason="switched")
        waiting_requeue()
    return switch


def readings_waiting() -> QuerySet[PhotoReading]:
    """Return readings that ended only because their bundle could not be used, while their photo is kept."""
    failed = PhotoReading.objects.filter(status=Status.FAILED, reason__in=PROBLEMS).exclude(photo="")
    return failed.exclude(photo_until__lte=timezone.now())


def waiting_requeue() -> int:
    """Queue every such reading again, pinned to the active bundle; return how many."""
    return queue_again(readings_waiting())


def queue_again(failed: QuerySet[PhotoReading]) -> int:
    """Queue FAILED readings as if they were new, pinned to the active bundle; return how many."""
    now = timezone.now()
    return failed.filter(status=Status.FAILED).update(
        status=Status.QUEUED,
        reason="",
        attempts=0,
        available_at=now,
        queued_at=now,
        started_at=None,
        finished_at=None,
        photo_until=None,
        wanted_version=active_version(),
    )


def _installed(info: inference.BundleInfo, active: str) -> Installed:
    problem = info.problem
    if not problem and not set(info.classes) <= set(Feeling.values):
        problem = Reason.MODEL_INCOMPATIBLE.value  # the diary has no word for its classes
    try:
        card = dict(inference.model_card(info.version))
    except inference.InferenceError as error:
        card, problem = {}, problem or error.code
    files = (path for path in info.folder.rglob("*") if path.is_file())
    size = sum(path.stat().st_size for path in files)
    return Installed(info.version, info.made, info.version == active, problem, card, size)
