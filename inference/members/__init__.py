"""The registry of networks that may vote; one file each, names ``architecture.tag`` as in timm."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from inference.members import alexnet, cnn, landmarks, mobilenet_v2, resnet50, resnet152, vgg16, xception
from inference.members._base import Faces, InputShape, MemberCard, MemberError, MemberSpec
from inference.members._cost import multiply_adds

__all__ = [
    "MEMBERS",
    "Faces",
    "InputShape",
    "MemberCard",
    "MemberError",
    "MemberSpec",
    "get_member",
    "multiply_adds",
    "registry",
]


def registry(specs: Iterable[MemberSpec]) -> dict[str, MemberSpec]:
    """Index members by architecture; raises ``MemberError`` where two share a name."""
    known: dict[str, MemberSpec] = {}
    for spec in specs:
        name = spec.card.architecture
        if name in known or spec.card.name.partition(".")[0] != name:
            raise MemberError(
                f"{spec.card.name} cannot be registered as {name}; known are {', '.join(known) or 'none'}.",
                code="duplicate_member",
            )
        known[name] = spec
    return known


MEMBERS: dict[str, MemberSpec] = registry(
    module.SPEC for module in (alexnet, cnn, landmarks, mobilenet_v2, resnet50, resnet152, vgg16, xception)
)


def get_member(name: str) -> MemberSpec:
    """Return the member called ``architecture`` or ``architecture.tag``, its card under that name.

    Raises:
        MemberError: code ``unknown_member``; the sentence lists the names that are known.
    """
    architecture, dot, _ = name.partition(".")
    spec = MEMBERS.get(architecture)
    if spec is None or (dot and name not in spec.card.names):
        known = [full for other in MEMBERS.values() for full in (other.card.architecture, *other.card.names)]
        raise MemberError(
            f"There is no member {name!r}; known are {', '.join(known)}.", code="unknown_member"
        )
    return replace(spec, card=replace(spec.card, name=name)) if dot else spec
