"""Human versus AI: people and the ensemble name the feeling on the same faces, blind, and are compared.

A *study* has two halves: faces of a data set, imported by a command, and photos that members keep
and allowed for this, labelled by the member's own word. See ``docs/human-versus-ai.md``.
"""
