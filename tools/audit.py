"""``make audit``: known holes in what we ship, security rules on our own code, and the list of what we ship.

Whether a source of advisories answers is tested with a release that everybody knows to be holed. Without one the
packages count as *not audited*, which is never shown as clean; ``STRICT=1`` makes that an error.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from email.message import Message
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Any, cast

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
SBOM = ROOT / "var" / "sbom.cdx.json"
_PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>\S+)(?: ; (?P<marker>.*?))? \\$")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
#: Django 2.0.1 has dozens of published advisories; a source that knows none is no source.
_CANARY = "django==2.0.1\n"


def main() -> int:
    """Run the three parts; return 1 when one found something."""
    strict = os.environ.get("STRICT", "") in {"1", "true", "yes"}
    results = [_advisories(strict), _rules(), _bill_of_materials()]
    return max(results)


def _advisories(strict: bool) -> int:
    """Ask pip-audit about every pinned package."""
    pins = read_pins(ROOT / "requirements.txt")
    if not _holes(_CANARY):
        print(f"advisories: {len(pins)} not audited (no source of advisories answers here)")
        return 1 if strict else 0
    holes = _holes("".join(f"{pin['name']}=={pin['version']}\n" for pin in pins))
    for hole in holes or []:
        print(f"advisories: {hole}")
    if holes is None:
        print(f"advisories: {len(pins)} not audited (the source of advisories went away)")
        return 1 if strict else 0
    print(f"advisories: {len(pins)} audited, {len(holes)} known holes")
    return 1 if holes else 0


def _holes(requirements: str) -> list[str] | None:
    """Return one line a known hole, or None when nobody could be asked."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "requirements.txt"
        # Two versions of one package (by Python version) are two questions.
        file.write_text("".join(dict.fromkeys(requirements.splitlines(keepends=True))))
        command = [str(BIN / "pip-audit"), "-r", str(file), "--disable-pip", "--no-deps", "-f", "json",
                   "--progress-spinner", "off", "--timeout", "10"]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        return None
    return [
        f"{package['name']} {package['version']}: {hole['id']}, fixed in {', '.join(hole['fix_versions']) or 'nothing yet'}"
        for package in answer["dependencies"]
        for hole in package.get("vulns", [])
    ]


def _rules() -> int:
    """Run ruff's security rules; the exceptions and their reasons stand in pyproject.toml."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["ruff"]["lint"]
    # On the command line --select would switch the file's exceptions off.
    ignored = ",".join(code for code in settings["ignore"] if code.startswith("S") and code[1:].isdigit())
    command = [str(BIN / "ruff"), "check", "--quiet", "--select", "S", "--ignore", ignored, "."]
    done = subprocess.run(command, cwd=ROOT, check=False)
    print("security rules: " + ("clean" if done.returncode == 0 else "see above"))
    return done.returncode


def _bill_of_materials() -> int:
    """Write what requirements.txt pins as a CycloneDX list with licences and digests."""
    components = [_component(pin) for pin in read_pins(ROOT / "requirements.txt")]
    bill = {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": components}
    SBOM.parent.mkdir(parents=True, exist_ok=True)
    SBOM.write_text(json.dumps(bill, indent=1) + "\n")
    unknown = [row["name"] for row in components if "licenses" not in row]
    print(f"bill of materials: {len(components)} packages in {SBOM.relative_to(ROOT)}")
    if unknown:
        print(f"  without a stated licence, or not installed here: {', '.join(unknown)}")
    return 0


def read_pins(path: Path) -> list[dict[str, Any]]:
    """Return name, version, marker and digests of every pin in a hashed requirements file."""
    pins: list[dict[str, Any]] = []
    for line in path.read_text().splitlines():
        if match := _PIN.match(line):
            pins.append({**match.groupdict(), "hashes": []})
        elif digest := _HASH.search(line):
            pins[-1]["hashes"].append(digest[1])
    return pins


def _component(pin: dict[str, Any]) -> dict[str, Any]:
    row = {
        "type": "library",
        "name": pin["name"],
        "version": pin["version"],
        "purl": f"pkg:pypi/{pin['name']}@{pin['version']}",
        "hashes": [{"alg": "SHA-256", "content": digest} for digest in pin["hashes"]],
    }
    licence = _licence(pin["name"])
    if licence:
        row["licenses"] = [{"license": {"name": licence}}]
    return row


def _licence(name: str) -> str:
    """Return what the installed package says of its licence, in its shortest form."""
    try:
        about = cast("Message", metadata(name))  # importlib's own type of it knows no get()
    except PackageNotFoundError:
        return ""
    classifiers = [
        line.split(" :: ")[-1] for line in about.get_all("Classifier", []) if line.startswith("License ::")
    ]
    text = about.get("License-Expression") or ", ".join(classifiers) or about.get("License") or ""
    return str(text).strip().splitlines()[0][:80] if str(text).strip() else ""


if __name__ == "__main__":
    sys.exit(main())
