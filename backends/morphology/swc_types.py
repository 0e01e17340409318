"""The structure types of the SWC format, and their names."""

from __future__ import annotations

from enum import IntEnum


class SwcType(IntEnum):
    """The structure types of the SWC format."""

    UNDEFINED = 0
    SOMA = 1
    AXON = 2
    BASAL_DENDRITE = 3
    APICAL_DENDRITE = 4


def type_word(swc_type: int) -> str:
    """Return the name of an SWC type for a reader: ``"basal dendrite"``, ``"type 7"``."""
    words = {0: "undefined", 1: "soma", 2: "axon", 3: "basal dendrite", 4: "apical dendrite"}
    return words.get(swc_type, f"type {swc_type}")
