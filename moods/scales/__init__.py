"""Short scales: WHO-5 every two weeks for who wants it, PHQ-2 and PHQ-9 on request, and the crisis card.

A scale's wording is a data file with its own licence (``data/``); a deployment may switch a scale off
(``MAEUM_SCALES``) or delete the file, and everything else works without it. See ``docs/scales.md``.
"""
