"""Which bundles lie on this machine, side by side, and what is wrong with each. Imports no engine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from inference._bundle import (
    MANIFEST,
    Bundle,
    BundleError,
    BundleIncompatible,
    BundleMissing,
    find_bundle,
    folders,
    read_bundle,
)
from inference._settings import SETTINGS

#: What :meth:`Bundle.verify` said of a folder, by the sizes and times of its files.
_checked: dict[Path, tuple[tuple[tuple[str, int, int], ...], str]] = {}


@dataclass(frozen=True)
class BundleInfo:
    """One installed bundle.

    Attributes:
        version: as stored on readings.
        folder: where it lies.
        active: whether the settings, or ``current.txt``, serve it.
        classes: its words.
        made: ISO date, empty if unknown.
        problem: empty, or the code why it cannot serve (``model_missing``, ``model_changed``,
            ``model_incompatible``).
        student: whether it is the one small network for live preview and small machines.
    """

    version: str
    folder: Path
    active: bool
    classes: tuple[str, ...]
    made: str
    problem: str
    student: bool = False


def installed_bundles() -> list[BundleInfo]:
    """List every bundle on this machine, the active one first, then by version; one a version."""
    try:
        active = active_folder().resolve()
    except BundleMissing:
        active = None
    found: dict[str, BundleInfo] = {}
    places = [active] if active else []
    places += [
        path.parent.resolve() for root in folders(SETTINGS.bundles) for path in root.glob(f"*/{MANIFEST}")
    ]
    for folder in places:
        info = _info(folder, folder == active)
        found.setdefault(info.version, info)
    return sorted(found.values(), key=lambda info: (not info.active, info.version))


def active_folder() -> Path:
    """Return the folder that serves when no version is named; raises ``BundleMissing``."""
    return find_bundle(SETTINGS.bundle, SETTINGS.bundles)


def bundle_of(version: str | None = None) -> Bundle:
    """Read the manifest of one installed version, or of the active bundle; raises ``BundleError``."""
    if not version:
        return read_bundle(active_folder())
    try:
        active = read_bundle(active_folder())
        if active.version == version:
            return active
    except BundleError:
        pass  # another bundle may be whole
    for root in folders(SETTINGS.bundles):
        if Path(version).name == version and (root / version / MANIFEST).is_file():
            bundle = read_bundle(root / version)
            if bundle.version == version:
                return bundle
    for info in installed_bundles():
        if info.version == version:
            return read_bundle(info.folder)
    raise BundleMissing(f"The bundle {version} is not installed.")


def check_servable(bundle: Bundle) -> None:
    """Refuse a bundle that could answer with a word no reading may name."""
    if not bundle.servable:
        raise BundleIncompatible(
            f"The classes {bundle.classes.name} of {bundle.version} are not for serving."
        )


def _info(folder: Path, active: bool) -> BundleInfo:
    try:
        bundle = read_bundle(folder)
    except BundleError as error:
        return BundleInfo(folder.name, folder, active, (), "", error.code)
    problem = _problem(bundle)
    return BundleInfo(
        bundle.version, folder, active, bundle.classes.classes, bundle.made, problem, bundle.student
    )


def _problem(bundle: Bundle) -> str:
    """Return the code of what is wrong; digests are counted again only when a file was touched."""
    try:
        check_servable(bundle)
        names = sorted({MANIFEST, *(file for file, _ in bundle.files)})
        stats = [(name, (bundle.folder / name).stat()) for name in names]
    except BundleError as error:
        return error.code
    except OSError:
        return BundleMissing.CODE.value
    seen = tuple((name, stat.st_size, stat.st_mtime_ns) for name, stat in stats)
    if bundle.folder in _checked and _checked[bundle.folder][0] == seen:
        return _checked[bundle.folder][1]
    problem = ""
    try:
        bundle.verify()
    except BundleError as error:
        problem = error.code
    _checked[bundle.folder] = (seen, problem)
    return problem
