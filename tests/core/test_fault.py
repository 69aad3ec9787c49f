"""Promises of `nexdiag.core.fault`."""

import msgspec

from nexdiag.core.fault import KINDS, Fault


def test_a_fault_says_no_more_than_it_must() -> None:
    """What is left at its default is left out where it is written down."""
    assert msgspec.to_builtins(Fault(kind=KINDS[0], turn=2)) == {"kind": "status", "turn": 2}
