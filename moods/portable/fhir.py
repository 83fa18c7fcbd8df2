"""Tell the diary as a FHIR R5 Bundle of Observations.

Valence has a code of our own: LOINC has none that means it, and none is invented. The totals of PHQ-2 and
PHQ-9 carry their LOINC codes (55758-7, 44261-6). A member's word is ``final``; a machine's guess is another
Observation, ``preliminary``, with the ensemble as its device.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any, Final

from django.apps import apps
from django.utils import timezone

from accounts.models import User
from moods import selectors
from moods.choices import Feeling, Status
from moods.models import CheckIn, PhotoReading
from moods.portable import telling

#: Our CodeSystem's name; an URN of its own, so that it depends on no domain.
SYSTEM: Final = "urn:uuid:5c1c9a34-2d6c-5a5f-9d0b-0f6d6a1e7a11"
LOINC: Final = "http://loinc.org"
UCUM: Final = "http://unitsofmeasure.org"
CATEGORY: Final = "http://terminology.hl7.org/CodeSystem/observation-category"
_LOINC_TOTALS: Final = {
    "phq2": ("55758-7", "Patient Health Questionnaire 2 item (PHQ-2) total score [Reported]"),
    "phq9": ("44261-6", "Patient Health Questionnaire 9 item (PHQ-9) total score [Reported]"),
}
_CONCEPTS: Final = {
    "valence": (
        "Valence, self-reported",
        "How pleasant or unpleasant a moment was, -1 to 1, as the person says.",
    ),
    "valence-guess": ("Valence, guessed from a photo", "The same axis, estimated by software from a face."),
    "feeling": ("Feeling", "One of six words for a feeling."),
    "confidence": ("Confidence of the guess", "Calibrated probability of the guessed feeling, 0 to 1."),
    "tag": ("Tag", "A word that the person put on an entry."),
    "who5": ("WHO-5 Well-Being Index, 0 to 100", "Percentage score of the WHO-5."),
    **{f"feeling-{feeling.value}": (feeling.value.capitalize(), "A feeling.") for feeling in Feeling},
}


def head() -> dict[str, Any]:
    """Return the Bundle without its entries."""
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "timestamp": timezone.now().isoformat(timespec="seconds"),
    }


def entries(member: User) -> Iterator[dict[str, Any]]:
    """Yield patient, code system, then every observation with the devices that it names."""
    patient = f"urn:uuid:{member.uuid}"
    yield _wrapped(patient, _patient(member))
    yield _wrapped(SYSTEM, _code_system())
    devices: set[str] = set()
    for entry in telling.entries_of(member).iterator(chunk_size=500):
        if (said := said_observation(entry, patient)) is not None:
            yield _wrapped(f"urn:uuid:{entry.uuid}", said)
        reading = selectors.reading_of(entry)
        if reading is None or reading.status != Status.READ or reading.valence is None:
            continue
        device = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, reading.ensemble_version)}"
        if device not in devices:
            devices.add(device)
            yield _wrapped(device, _device(reading.ensemble_version))
        own = f"urn:uuid:{uuid.uuid5(entry.uuid, 'reading')}"
        yield _wrapped(own, guess_observation(entry, reading, patient, device))
    yield from _scales(member, patient)


def said_observation(entry: CheckIn, patient: str) -> dict[str, Any] | None:
    """Return the member's own word as an Observation; None when there is neither mood nor feeling."""
    point = selectors.own_point(entry.mood, entry.feeling)
    if point is None:
        return None
    parts = (
        [_part("feeling", "valueCodeableConcept", _concept(f"feeling-{entry.feeling}"))]
        if entry.feeling
        else []
    )
    parts += [_part("tag", "valueString", tag) for tag in entry.tags]
    found = _observation(entry, patient, "valence", "final", point.valence)
    if parts:
        found["component"] = parts
    if entry.note:
        found["note"] = [{"text": entry.note}]
    return found


def guess_observation(entry: CheckIn, reading: PhotoReading, patient: str, device: str) -> dict[str, Any]:
    """Return a machine's guess as an Observation that nobody can take for the member's word."""
    found = _observation(entry, patient, "valence-guess", "preliminary", reading.valence or 0.0)
    found["device"] = {"reference": device}
    found["component"] = [
        _part("feeling", "valueCodeableConcept", _concept(f"feeling-{reading.emotion}")),
        _part("confidence", "valueQuantity", _quantity(reading.confidence or 0.0)),
    ]
    return found


def _observation(entry: CheckIn, patient: str, code: str, status: str, valence: float) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "status": status,
        "category": [{"coding": [{"system": CATEGORY, "code": "survey", "display": "Survey"}]}],
        "code": _concept(code),
        "subject": {"reference": patient},
        "effectiveDateTime": entry.at.isoformat(),
        "issued": entry.created_at.isoformat(),
        "valueQuantity": _quantity(valence),
    }


def _scales(member: User, patient: str) -> Iterator[dict[str, Any]]:
    """Yield finished scales, where the product has them."""
    for taken in scales_taken(member):
        code = _LOINC_TOTALS.get(str(taken.scale))
        coding = {"system": LOINC, "code": code[0], "display": code[1]} if code else _coding(str(taken.scale))
        yield _wrapped(
            f"urn:uuid:{taken.uuid}",
            {
                "resourceType": "Observation",
                "status": "final",
                "category": [{"coding": [{"system": CATEGORY, "code": "survey", "display": "Survey"}]}],
                "code": {"coding": [coding], "text": coding["display"]},
                "subject": {"reference": patient},
                "effectiveDateTime": taken.finished_at.isoformat(),
                "valueQuantity": {**_quantity(taken.score), "unit": "{score}", "code": "{score}"},
            },
        )


def scales_taken(member: User) -> list[Any]:
    """Return finished scales, oldest first; none where scales are not part of this installation."""
    try:
        apps.get_model("moods", "Sitting")
    except LookupError:
        return []
    from moods.scales.selectors import scales_of

    return list(scales_of(member))


def _wrapped(address: str, resource: dict[str, Any]) -> dict[str, Any]:
    return {"fullUrl": address, "resource": resource}


def _patient(member: User) -> dict[str, Any]:
    found: dict[str, Any] = {"resourceType": "Patient", "active": True}
    if member.display_name:
        found["name"] = [{"text": member.display_name}]
    if member.birth_year:
        found["birthDate"] = str(member.birth_year)
    return found


def _code_system() -> dict[str, Any]:
    return {
        "resourceType": "CodeSystem",
        "url": SYSTEM,
        "version": "1",
        "name": "MaeumDiary",
        "title": "Maeum diary",
        "status": "active",
        "content": "complete",
        "caseSensitive": True,
        "concept": [
            {"code": code, "display": display, "definition": meaning}
            for code, (display, meaning) in _CONCEPTS.items()
        ],
    }


def _device(version: str) -> dict[str, Any]:
    return {
        "resourceType": "Device",
        "displayName": "Maeum ensemble",
        "version": [{"value": version or "unknown"}],
    }


def _part(code: str, kind: str, value: Any) -> dict[str, Any]:
    return {"code": _concept(code), kind: value}


def _coding(code: str) -> dict[str, str]:
    return {"system": SYSTEM, "code": code, "display": _CONCEPTS[code][0]}


def _concept(code: str) -> dict[str, Any]:
    return {"coding": [_coding(code)], "text": _CONCEPTS[code][0]}


def _quantity(value: float) -> dict[str, Any]:
    return {"value": round(float(value), 4), "unit": "1", "system": UCUM, "code": "1"}
