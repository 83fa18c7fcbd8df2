"""Let people in, take their answers, and forget them when they ask."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from moods.choices import Feeling
from moods.panel import policies, selectors
from moods.panel.choices import CONSENT_VERSION, DEVICE_LINK, LINK_DAYS, MOST_LINKS, Half, Look, StudyState
from moods.panel.errors import PanelError
from moods.panel.models import Answer, Face, Link, Participant, Study
from moods.panel.services.pictures import FaceGone, face_bytes
from moods.panel.services.studies import look


class FreshLink(NamedTuple):
    """A link and its token, which is nowhere else and shown once."""

    link: Link
    token: str


def links_make(
    *, study: Study, by: User, count: int = 1, note: str = "", days: int = LINK_DAYS
) -> list[FreshLink]:
    """Make invitations, each for one guest; raises ``not_open`` or ``too_many_links``."""
    if study.state != StudyState.OPEN:
        raise PanelError("not_open")
    if not 1 <= count <= MOST_LINKS:
        raise PanelError("too_many_links")
    until = timezone.now() + timedelta(days=days)
    with transaction.atomic():
        return [_link(study=study, made_by=by, note=note, expires_at=until) for _ in range(count)]


def device_link_make(*, participant: Participant) -> FreshLink:
    """Make the link with which a guest goes on with another device; older ones stop working."""
    if not policies.may_answer(participant):
        raise PanelError("finished" if participant.finished_at else "not_open")
    with transaction.atomic():
        Link.objects.filter(participant=participant, for_device=True).delete()
        return _link(
            study=participant.study,
            participant=participant,
            for_device=True,
            expires_at=timezone.now() + DEVICE_LINK,
        )


def _link(**values: object) -> FreshLink:
    token = secrets.token_urlsafe(32)
    return FreshLink(Link.objects.create(digest=digest_of(token), **values), token)


def digest_of(token: str) -> str:
    """Return what is stored of a token (256 random bits need no salt)."""
    return hashlib.sha256(token.encode()).hexdigest()


def link_find(token: str) -> Link | None:
    """Return the link of a token while it can be used; opening it uses nothing up (mail scanners do)."""
    link = Link.objects.filter(digest=digest_of(token)).select_related("study", "participant").first()
    if link is None or not link.is_open or link.study.state != StudyState.OPEN:
        return None
    return link


def link_use(*, token: str, name: str = "", agreed: bool = False) -> Participant:
    """Use a link up, once: two clicks at the same moment let one in. Raises ``link_dead``, ``consent_needed``."""
    with transaction.atomic():
        link = link_find(token)
        if link is None:
            raise PanelError("link_dead")
        if not link.for_device and not agreed:
            raise PanelError("consent_needed")
        rows = Link.objects.filter(pk=link.pk, used_at__isnull=True, expires_at__gt=timezone.now())
        if not rows.update(used_at=timezone.now()):
            raise PanelError("link_dead")
        if link.for_device:
            if link.participant is None:
                raise PanelError("link_dead")
            return link.participant
        guest = Participant.objects.create(
            study=link.study, invited_by=link.made_by, name=name, consent_version=CONSENT_VERSION
        )
        Link.objects.filter(pk=link.pk).update(participant=guest)
    return guest


def join(*, study: Study, user: User, agreed: bool) -> Participant:
    """Let staff in under their own log-in; again gives the same place. Raises ``not_open``, ``consent_needed``."""
    if not policies.may_take_part(user, study):
        raise PanelError("not_open")
    if not agreed:
        raise PanelError("consent_needed")
    values = {"consent_version": CONSENT_VERSION, "name": user.name[:40]}
    return Participant.objects.get_or_create(study=study, user=user, defaults=values)[0]


def face_show(*, participant: Participant, face: Face) -> bytes:
    """Return a face's picture for a participant and remember that it was shown.

    The first look of a person at photos of a member is written into that member's access log: by
    the staff person, or for a guest by who invited them. Raises :class:`FaceGone`.
    """
    picture = face_bytes(face)
    with transaction.atomic():
        if not _hold(face):
            raise FaceGone
        if face.half == Half.OWN:
            _log_look(participant, face)
        Answer.objects.get_or_create(participant=participant, face=face)
    return picture


def _hold(face: Face) -> bool:
    """Lock a face, so that it stays while it is written of; say whether it is still in its study.

    Without the lock PostgreSQL would notice only at the commit that the row is gone.
    """
    return Face.objects.select_for_update(no_key=True).filter(pk=face.pk).exists()


def _log_look(participant: Participant, face: Face) -> None:
    if face.reading is None:
        raise FaceGone
    member = face.reading.check_in.member
    seen = Answer.objects.filter(participant=participant, face__reading__check_in__member=member)
    if seen.exists():
        return
    actor = participant.user or participant.invited_by or participant.study.made_by
    if actor is None:  # nobody would answer for this look
        raise FaceGone
    look(by=actor, member=member, action=Look.SEEN if participant.user else Look.INVITED)


def answer_give(*, participant: Participant, face: Face, feeling: str) -> Answer:
    """Store or change an answer; empty is "I don't know". Sent twice it is stored once.

    Raises:
        PanelError: ``finished``, ``not_open``, ``unknown_feeling``, ``face_gone``.
    """
    if feeling and feeling not in Feeling.values:
        raise PanelError("unknown_feeling")
    with transaction.atomic():
        held = _held(participant)
        if face.study_id != held.study_id or not _hold(face):
            raise PanelError("face_gone")  # its member took it back while this person was looking at it
        values = {"feeling": feeling, "answered_at": timezone.now()}
        return Answer.objects.update_or_create(participant=held, face=face, defaults=values)[0]


def finish(*, participant: Participant) -> Participant:
    """End a person's part; their answers count from now on. Again changes nothing. Raises ``unanswered``."""
    with transaction.atomic():
        row = Participant.objects.select_for_update().select_related("study").get(pk=participant.pk)
        if row.finished_at is not None:
            return row
        if row.study.state != StudyState.OPEN:
            raise PanelError("not_open")
        progress = selectors.progress_of(row)
        if progress.next is not None or not progress.total:
            raise PanelError("unanswered")
        row.finished_at = timezone.now()
        row.save(update_fields=["finished_at"])
    return row


def participant_erase(*, participant: Participant) -> None:
    """Remove a person's part, name and answers included."""
    participant.delete()


def _held(participant: Participant) -> Participant:
    """Return the participant's row, locked, while it may still change; finishing waits for us."""
    rows = Participant.objects.select_for_update(of=("self",)).select_related("study", "user")
    held = rows.filter(pk=participant.pk).first()
    if held is None:
        raise PanelError("not_open")
    if not policies.may_answer(held):
        raise PanelError("finished" if held.finished_at else "not_open")
    return held
