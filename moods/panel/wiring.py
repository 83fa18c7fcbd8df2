"""Tell the rooms below what a study holds about people, and what ends with their consent."""

from __future__ import annotations

from accounts import audit, exports, withdrawals
from moods.panel import people_data, selectors, services
from moods.panel.choices import Look


def ready() -> None:
    """Register export, erasure, withdrawals and the words of the access log; called once at start."""
    exports.register("panel", people_data.export, people_data.erase)
    for purpose in selectors.NEEDED:
        withdrawals.register(purpose, "panel", services.own_faces_end)
    for action in Look:
        audit.register(action.value, action.label)
