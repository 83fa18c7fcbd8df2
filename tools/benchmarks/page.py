"""Write docs/benchmarks.md from a result: every number stands in docs/benchmarks.json too."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from benchmarks import frontier, goals, machine, peak
from benchmarks.stats import per_second

HEAD: Final = ("what", "n", "median ms", "10 % ms", "90 % ms")
NO_GPU: Final = "not measured: no GPU at hand. `python tools/bench_gpu.py` measures it wherever there is one."
SAME: Final = (
    "The same decode, detector and aligned cut for all; only the classifier differs. Accuracy: FER+ PrivateTest, "
    "six classes, the majority rule of `evaluate_ensemble` (disgust counts as angry, contempt is left out)."
)
SCALE: Final = (
    "For scale, measured before on FER2013 PrivateTest, seven classes, own labels: `fer` 65.8 %, big-XCEPTION 66.9 %, "
    "face-api 58.9 %, the best installable package 72.5 % at 64 faces a second on two cores."
)


def page(result: dict[str, Any], plotted: bool) -> str:
    """Return the whole page as Markdown."""
    parts = [
        f"# Benchmarks\n\nWritten by `make bench` on {result['made']}. {machine.sentence(result['machine'])}",
        _kept(result.get("kept", {})),
        _busy(result["machine"]),
        f"Times are medians with their 10th and 90th percentile; everything timed took {result['timed_seconds']} s.",
        _goals(result),
        _times("From bytes to an aligned face", result.get("stages", {})),
        *(_bundle(version, row, result) for version, row in _bundles(result)),
        _times("Cold start", result.get("cold", {})),
        _against(result, plotted),
        _peak(result),
        _gpu(result.get("gpu")),
        _times("Web pages that need no log-in", result.get("pages", {})),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _kept(found: dict[str, str]) -> str:
    """Say which sections are an earlier run's."""
    named = ", ".join(f"{name} ({made})" for name, made in found.items())
    return f"Kept from an earlier run, not side by side with the rest: {named}." if named else ""


def _busy(found: dict[str, Any]) -> str:
    """Warn where other programs shared the processor: such times say what is possible at worst."""
    if found["load_at_start"] <= 0.5 * found["cores"]:
        return ""
    return (
        f"**Other programs were running (load {found['load_at_start']} on {found['cores']} cores): these times are too "
        "long, unevenly so from row to row, and no goal is decided by them. Run again on an idle machine.**"
    )


def _bundles(result: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [(version, row) for version, row in result.get("bundles", {}).items() if isinstance(row, dict)]


def table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return a Markdown table; None becomes a dash."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join("–" if cell is None else str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def _times(title: str, rows: dict[str, Any]) -> str:
    if not rows:
        return ""
    if "problem" in rows:
        return f"## {title}\n\nNot measured: {rows['problem']}"
    return f"## {title}\n\n{table(HEAD, [_time(what, row) for what, row in rows.items()])}"


def _time(what: str, row: dict[str, Any]) -> list[Any]:
    return [what, row["n"], row["median"], row["low"], row["high"]]


def _goals(result: dict[str, Any]) -> str:
    words = {True: "yes", False: "**no**", None: "not measured"}
    rows = [[row["what"], row["measured"], row["goal"], words[row["met"]]] for row in goals.of(result)]
    return f"## Goals\n\n{table(('what', 'measured', 'goal', 'met'), rows)}" if rows else ""


def _bundle(version: str, row: dict[str, Any], result: dict[str, Any]) -> str:
    title = f"## Bundle {version}" + (" (student)" if row["student"] else "")
    networks = row["networks"]
    if "problem" in networks:
        return f"{title}\n\nNot measured: {networks['problem']}"
    ceilings = result.get("peak", {})
    rows = [_network(name, member, ceilings, result, version) for name, member in networks["members"].items()]
    rows.append(_network("the vote", networks["vote"], ceilings, result, version))
    head = (
        "network",
        "engine",
        "batch 1, ms",
        "faces/s",
        "batch 32, ms",
        "faces/s",
        "GFLOP/s at 32",
        "of peak",
        "FER+ accuracy",
    )
    flips = "Each face is read twice, plain and mirrored." if networks["flip"] else "Each face is read once."
    text = f"{title}\n\n{flips} {networks['bytes'] / 1e6:.1f} MB on disk.\n\n{table(head, rows)}"
    return "\n\n".join([text, _readings(row), _memory(row["memory_mb"])])


def _network(
    name: str, row: dict[str, Any], ceilings: dict[str, Any], result: dict[str, Any], version: str
) -> list[Any]:
    one, many = row["batch_1"], row["batch_32"]
    scores = result["accuracy"].get(version, {})
    scores = scores if name == "the vote" else scores.get("members", {}).get(name, {})
    speed = reach(row, ceilings, flip=bool(result["bundles"][version]["networks"]["flip"]))
    cells = [
        name,
        row.get("engine"),
        f"{one['median']} ({one['low']}–{one['high']})",
        per_second(one["median"]),
    ]
    cells += [f"{many['median']} ({many['low']}–{many['high']})", per_second(many["median"], 32)]
    return [*cells, speed.get("gflops"), _share(speed), _percent(scores)]


def _share(speed: dict[str, float]) -> str | None:
    """Return the share in words; one above the ceiling says that the ceiling's own measurement was disturbed."""
    if not speed:
        return None
    return f"{speed['share']:.0%}" if speed["share"] <= 1.05 else "ceiling disturbed"


def reach(row: dict[str, Any], ceilings: dict[str, Any], *, flip: bool) -> dict[str, float]:
    """Return GFLOP/s and share of the measured ceiling at batch 32, or nothing where either is not known."""
    ceiling = ceilings.get(peak.INT8_CEILING if "int8" in row.get("engine", "") else peak.FLOAT_CEILING, {})
    if not row.get("macs") or "gflops" not in ceiling:
        return {}
    return peak.share(row["macs"], 64 if flip else 32, row["batch_32"]["median"], ceiling["gflops"])


def _percent(scores: dict[str, Any]) -> str | None:
    if "accuracy" not in scores:
        return None
    return f"{scores['accuracy']:.1%} ± {scores['half_width']:.1%}"


def _readings(row: dict[str, Any]) -> str:
    readings = row["readings"]
    if "problem" in readings:
        return f"Whole readings were not measured: {readings['problem']}"
    first = row["first"] if "problem" not in row["first"] else {}
    return table(HEAD, [_time(what, times) for what, times in {**readings, **first}.items()])


def _memory(found: dict[str, Any]) -> str:
    if "problem" in found:
        return f"Memory was not measured: {found['problem']}"
    return (
        "Most memory held (peak resident size): "
        + ", ".join(f"{what} {mb:.0f} MB" for what, mb in found.items())
        + "."
    )


def _against(result: dict[str, Any], plotted: bool) -> str:
    if not result.get("peers"):
        return ""
    rows = [_peer(name, row, result) for name, row in result["peers"].items() if "problem" not in row]
    left_out = {name: row["problem"] for name, row in result["peers"].items() if "problem" in row} | result[
        "left_out"
    ]
    head = (
        "package",
        "weights",
        "batch 1, ms",
        "faces/s",
        "batch 32, ms",
        "faces/s",
        "whole reading, ms",
        "FER+ accuracy",
        "note",
    )
    parts = [
        "## Against packages that anyone can install",
        SAME,
        table(head, rows) if rows else "",
        "Not measured: " + "; ".join(f"{name} ({why})" for name, why in left_out.items()) + "."
        if left_out
        else "",
        frontier.sentence(result["frontier"]),
        "![Accuracy over faces a second](img/benchmarks-frontier.png)" if plotted else "",
        SCALE,
    ]
    return "\n\n".join(part for part in parts if part)


def _peer(name: str, row: dict[str, Any], result: dict[str, Any]) -> list[Any]:
    one, many = row["batch_1"], row["batch_32"]
    scores = result["accuracy"].get(frontier.peer_key(name, row), {})
    whole = goals.whole_with(result, row)
    cells = [f"{name} {row['version']}", row["weights"], one["median"], per_second(one["median"])]
    return [*cells, many["median"], per_second(many["median"], 32), whole, _percent(scores), row["note"]]


def _peak(result: dict[str, Any]) -> str:
    found = result.get("peak", {})
    if not found:
        return ""
    if "problem" in found:
        return f"## What this machine can do at most\n\nNot measured: {found['problem']}"
    rows = [
        [name, row.get("gflops"), row.get("n"), row.get("median"), row.get("problem")]
        for name, row in found.items()
    ]
    text = "The share of peak above is held against the convolution of the engine's own precision; a multiply and an add are two."
    return f"## What this machine can do at most\n\n{text}\n\n{table(('test', 'GFLOP/s', 'n', 'median ms', 'problem'), rows)}"


def _gpu(found: dict[str, Any] | None) -> str:
    if not found:
        return f"## GPU\n\nThe batch path on a GPU is {NO_GPU}"
    head = ("member", "batch", "precision", "median ms", "faces/s", "TFLOP/s", "of ceiling")
    rows = [
        [
            row["member"],
            row["batch"],
            row["precision"],
            row["median"],
            row["faces_per_second"],
            row["tflops"],
            f"{row['share']:.0%}",
        ]
        for row in found["rows"]
    ]
    named = f"{found['device']}, Keras on {found['backend']}, measured {found['made']}; convolution ceiling {found['ceiling_tflops']} TFLOP/s."
    return f"## GPU\n\n{named}\n\n{table(head, rows)}"
