"""Promises of `nexdiag.core.survival`."""

import pytest

from nexdiag.core.fault import Fault
from nexdiag.core.survival import LOST, OUTCOMES, Struck, Survival


def struck(outcome: str) -> Struck:
    """A fault that came out so."""
    return Struck(fault=Fault(kind="cut"), text="cut", outcome=outcome)


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_only_what_nobody_was_told_of_hung_or_crashed_is_lost(outcome: str) -> None:
    """A turn that failed with a clear error is survived; a changed answer without a word is not."""
    assert struck(outcome).lost is (outcome in LOST) is (outcome in ("silent", "hung", "crashed"))


def test_a_survival_names_what_was_lost() -> None:
    """In the order in which it was tried."""
    survival = Survival(name="c", struck=tuple(map(struck, OUTCOMES)))
    assert [one.outcome for one in survival.lost] == ["silent", "hung", "crashed"]
