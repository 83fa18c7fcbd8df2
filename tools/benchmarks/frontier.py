"""Say who is both faster and more accurate than whom, and draw it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from benchmarks.stats import per_second

BATCHES: Final = ("batch_1", "batch_32")


def peer_key(name: str, row: dict[str, Any]) -> str:
    """Name a peer with its version, so that an earlier accuracy is kept only for the same one."""
    return f"{name} {row['version']}"


def of(result: dict[str, Any]) -> dict[str, Any]:
    """Return every classifier's point and each pair in which a peer beats one of ours on both axes."""
    points = [*_ours(result), *_theirs(result)]
    known = [point for point in points if point["accuracy"] is not None]
    beaten = [
        {"peer": peer["name"], "ours": our["name"], "batch": batch}
        for peer in known
        for our in known
        for batch in BATCHES
        if not peer["ours"] and our["ours"] and our["offer"]
        if peer["accuracy"] > our["accuracy"] and peer[batch] > our[batch]
    ]
    return {"points": points, "beaten": beaten}


def _ours(result: dict[str, Any]) -> list[dict[str, Any]]:
    points = []
    for version, row in result.get("bundles", {}).items():
        if not isinstance(row, dict) or "problem" in row["networks"]:
            continue
        scores = result["accuracy"].get(version, {})
        kind = "student" if row["student"] else "vote"
        points.append(_point(f"{kind} ({version})", row["networks"]["vote"], scores, ours=True, offer=True))
        members = row["networks"]["members"] if len(row["networks"]["members"]) > 1 else {}
        for name, member in members.items():
            points.append(
                _point(name, member, scores.get("members", {}).get(name, {}), ours=True, offer=False)
            )
    return points


def _theirs(result: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        _point(name, row, result["accuracy"].get(peer_key(name, row), {}), ours=False, offer=False)
        for name, row in result.get("peers", {}).items()
        if "problem" not in row
    ]


def _point(
    name: str, row: dict[str, Any], scores: dict[str, Any], *, ours: bool, offer: bool
) -> dict[str, Any]:
    speeds = {batch: per_second(row[batch]["median"], int(batch.partition("_")[2])) for batch in BATCHES}
    return {"name": name, "ours": ours, "offer": offer, "accuracy": scores.get("accuracy"), **speeds}


def sentence(found: dict[str, Any]) -> str:
    """Answer in one sentence whether any peer is both faster and more accurate than what we offer."""
    known = [point for point in found["points"] if point["accuracy"] is not None]
    if not any(point["offer"] for point in known) or all(point["ours"] for point in known):
        return "Whether a peer is both faster and more accurate is not known: run with `--ferplus DIR`."
    if not found["beaten"]:
        unknown = [
            point["name"] for point in found["points"] if not point["ours"] and point["accuracy"] is None
        ]
        aside = (
            f" Peers without an accuracy here could not be compared: {', '.join(unknown)}." if unknown else ""
        )
        return f"No scored peer is both faster and more accurate than anything we offer, at batch 1 or 32.{aside}"
    pairs = sorted(
        {
            f"{pair['peer']} beats {pair['ours']} at {pair['batch'].replace('_', ' ')}"
            for pair in found["beaten"]
        }
    )
    return f"**A peer is both faster and more accurate:** {'; '.join(pairs)}."


def draw(found: dict[str, Any], path: Path) -> bool:
    """Draw accuracy over faces a second for both batch sizes; returns whether there was anything to draw."""
    known = [point for point in found["points"] if point["accuracy"] is not None]
    if not known:
        return False
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(11, 4.6), sharey=True, layout="constrained")
    for axis, batch in zip(axes, BATCHES, strict=True):
        for i, point in enumerate(sorted(known, key=lambda p: float(p["accuracy"]))):
            _mark(axis, point, batch, above=i % 2 == 0)
        axis.set(
            xscale="log", xlabel=f"faces a second, {batch.replace('_', ' ')}", title=batch.replace("_", " ")
        )
        axis.margins(0.25)
        axis.grid(alpha=0.3)
    axes[0].set_ylabel("accuracy, FER+ PrivateTest, six classes")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110, metadata={"Software": None})
    plt.close(figure)
    return True


def _mark(axis: Any, point: dict[str, Any], batch: str, *, above: bool) -> None:
    colour = ("#1b6e53" if point["offer"] else "#7fb8a4") if point["ours"] else "#b3541e"
    axis.scatter(
        point[batch], point["accuracy"], color=colour, marker="o" if point["ours"] else "s", zorder=3
    )
    offset = (0, 7) if above else (0, -13)
    axis.annotate(
        point["name"],
        (point[batch], point["accuracy"]),
        offset,
        textcoords="offset points",
        fontsize=8,
        ha="center",
    )
