"""Studies that tests of human versus AI share, made through the doors that people use."""

from __future__ import annotations

import io
import random
from uuid import uuid4

from django.test import Client
from django.urls import reverse
from PIL import Image

from accounts.choices import Purpose, Role
from accounts.models import User
from accounts.services import grant_give
from moods import services as diary
from moods.choices import Feeling
from moods.models import CheckIn, PhotoReading
from moods.panel import services
from moods.panel.models import Face, Participant, Study
from tests.moods.photos import check_in, variant
from tests.people import make_staff


def picture(number: int) -> bytes:
    """Return a picture of its own: 40 x 40 coloured noise, no face."""
    noise = random.Random(number).randbytes(40 * 40 * 3)
    out = io.BytesIO()
    Image.frombytes("RGB", (40, 40), noise).save(out, "JPEG")
    return out.getvalue()


def manager() -> User:
    """Return an administrator."""
    return make_staff(None, f"admin-{uuid4().hex[:6]}@example.org", Role.ADMIN)


def draft(by: User, labels: str = "happy sad angry", per_half: int = 3) -> Study:
    """Return a draft whose data-set half holds one face for each label."""
    study = services.study_create(by=by, title="첫 연구", per_half=per_half)
    faces = [(label, picture(number)) for number, label in enumerate(labels.split())]
    services.faces_import(study=study, faces=faces, source="folder all", terms="synthetic")
    return study


def opened(by: User, labels: str = "happy sad angry") -> Study:
    """Return an open study without own photos."""
    return services.study_open(study=draft(by, labels), although_short=True)


def allow_all(member: User) -> None:
    """Give every consent that a photo in a study rests on."""
    for purpose in (Purpose.EMOTION, Purpose.PHOTO_KEEP, Purpose.PANEL):
        grant_give(user=member, purpose=purpose)


def kept_photo(member: User, feeling: str = Feeling.HAPPY, number: int = 0) -> CheckIn:
    """Return an entry with the member's word and a kept, read photo with a face box."""
    entry = check_in(member, variant(number), feeling=feeling)
    PhotoReading.objects.filter(check_in=entry).update(
        status="read", emotion="sad", face={"x": 170.0, "y": 60.0, "w": 110.0, "h": 140.0}, photo_until=None
    )
    return entry


def guest(study: Study, by: User, name: str = "") -> Client:
    """Return the browser of a guest who came by a link and agreed."""
    token = services.links_make(study=study, by=by)[0].token
    browser = Client()
    answer = browser.post(reverse("panel:link", args=[token]), {"agreed": "on", "name": name})
    assert answer.status_code == 302
    return browser


def taker_of(study: Study) -> Participant:
    """Return who joined last."""
    return Participant.objects.filter(study=study).latest("pk")


def answer_all(browser: Client, study: Study, wrong: int = 0, skip: int = 0) -> None:
    """Answer every face as labelled, but for the first ``wrong`` and then ``skip`` of them; finish."""
    for number in range(1000):
        page = browser.get(reverse("panel:go", args=[study.uuid]), follow=True)
        if page.request["PATH_INFO"] == reverse("panel:done", args=[study.uuid]):
            break
        face = Face.objects.get(uuid=page.request["PATH_INFO"].split("/")[-2])
        said = next(one for one in Feeling.values if one != face.label) if number < wrong else face.label
        body = {"skip": "yes"} if wrong <= number < wrong + skip else {"feeling": said}
        assert browser.post(page.request["PATH_INFO"], body).status_code == 302
    assert browser.post(reverse("panel:done", args=[study.uuid])).status_code == 302


def machine_says(study: Study, emotion: str, state: str = "read") -> None:
    """Store one answer of the ensemble for every face."""
    study.faces.update(machine_state=state, machine_emotion=emotion, machine_version="test")


def forget_photo(entry: CheckIn) -> None:
    """Let a member delete one photo."""
    diary.photo_delete(check_in=entry)
