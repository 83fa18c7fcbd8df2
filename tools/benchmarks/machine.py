"""Name the machine without naming whose it is: processor, cores, memory, versions."""

from __future__ import annotations

import os
import platform
from importlib import metadata
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[2]
#: Threads that every measurement may use; the numbers of issue and card are for two cores.
THREADS: Final = 2
#: What carries the arithmetic; their versions belong to every number.
PACKAGES: Final = (
    "tensorflow",
    "keras",
    "onnxruntime",
    "ai-edge-litert",
    "opencv-python-headless",
    "numpy",
    "Pillow",
)
#: Instructions that decide how fast int8 and float32 products are.
FLAGS: Final = ("avx2", "avx512f", "avx512_vnni", "avx_vnni", "amx_int8", "asimd")


def describe() -> dict[str, Any]:
    """Return what a reader needs to compare numbers: no names, no paths."""
    cpu = _cpuinfo()
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "cpu": cpu.get("model name") or platform.processor() or "unknown",
        "instructions": [flag for flag in FLAGS if flag in cpu.get("flags", cpu.get("Features", "")).split()],
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "threads": THREADS,
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "load_at_start": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        "packages": {name: version for name in PACKAGES if (version := _version(name))},
    }


def sentence(machine: dict[str, Any]) -> str:
    """Return the machine as one line of Markdown."""
    packages = ", ".join(f"{name} {version}" for name, version in machine["packages"].items())
    return (
        f"{machine['cpu']} ({', '.join(machine['instructions'])}), {machine['cores']} cores, "
        f"{machine['memory_gb']} GB, {machine['system']}, Python {machine['python']}, {packages}. "
        f"Every measurement: a process of its own, {machine['threads']} threads. "
        f"Load of the machine when the run began: {machine['load_at_start']}."
    )


def environment() -> dict[str, str]:
    """Return this process's environment with thread counts fixed and the network of every hub switched off."""
    threads = str(THREADS)
    fixed = {
        "OMP_NUM_THREADS": threads,
        "OPENBLAS_NUM_THREADS": threads,
        "MKL_NUM_THREADS": threads,
        "TF_NUM_INTRAOP_THREADS": threads,
        "TF_NUM_INTEROP_THREADS": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "MAEUM_INFERENCE_THREADS": threads,
        "CUDA_VISIBLE_DEVICES": "-1",
        "HF_HUB_OFFLINE": "1",
    }
    return {**os.environ, **fixed}


def _cpuinfo() -> dict[str, str]:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return {}
    pairs = (line.partition(":") for line in lines if ":" in line)
    return {name.strip(): value.strip() for name, _, value in pairs}


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""
