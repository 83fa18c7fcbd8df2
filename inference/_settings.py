"""What the outside may set in this room: which bundle, how many threads. No imports, no environment."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Settings:
    """Set once by ``apps.py``.

    Attributes:
        bundle: folder to serve from; empty means the one ``bundles/current.txt`` names.
        threads: how many threads TensorFlow and OpenCV may use.
    """

    bundle: str = ""
    threads: int = 2


SETTINGS = Settings()


def configure(*, bundle: str = "", threads: int = 2) -> None:
    """Take settings from outside; call before anything is loaded."""
    SETTINGS.bundle, SETTINGS.threads = bundle, threads
