"""What the outside may set in this room: bundles, engine, threads. No imports, no environment."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Settings:
    """Set once by ``apps.py``.

    Attributes:
        bundle: folder or version to serve from; empty means the one ``current.txt`` names.
        threads: how many threads the engines and OpenCV may use.
        bundles: one more folder in which bundles lie side by side; empty for none.
        engine: ``auto`` takes each member's measured best; ``onnx-int8``, ``onnx-float``, ``keras``.
    """

    bundle: str = ""
    threads: int = 2
    bundles: str = ""
    engine: str = "auto"


SETTINGS = Settings()


def configure(*, bundle: str = "", threads: int = 2, bundles: str = "", engine: str = "auto") -> None:
    """Take settings from outside; call before anything is loaded."""
    SETTINGS.bundle, SETTINGS.threads = bundle, threads
    SETTINGS.bundles, SETTINGS.engine = bundles, engine
