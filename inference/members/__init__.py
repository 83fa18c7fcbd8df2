"""The registry of networks that may vote; one file each, names as in timm."""

from __future__ import annotations

from inference.members import alexnet, resnet50
from inference.members._base import MemberCard, MemberSpec

__all__ = ["MEMBERS", "MemberCard", "MemberSpec", "get_member"]

MEMBERS: dict[str, MemberSpec] = {spec.card.architecture: spec for spec in (alexnet.SPEC, resnet50.SPEC)}


def get_member(name: str) -> MemberSpec:
    """Return the member called ``architecture`` or ``architecture.tag``; KeyError if unknown."""
    return MEMBERS[name.partition(".")[0]]
