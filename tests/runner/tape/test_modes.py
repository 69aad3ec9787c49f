"""Promises of `nexdiag.runner.tape.modes`."""

import pytest
import vcr.record_mode

from nexdiag.core.errors import UsageError
from nexdiag.runner.tape.modes import RecordMode, mode_of, plan


def test_vcrpys_modes_are_ours() -> None:
    """Each of its names, and its own enumeration; but for `any`, which it does not explain."""
    for mode in vcr.record_mode.RecordMode:
        if mode.value != "any":
            assert mode_of(mode) is mode_of(mode.value) is RecordMode(mode.value)


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("new-episodes", "did you mean 'new_episodes'?"),
        ("Once", "did you mean 'once'?"),
        ("rewrit", "did you mean 'rewrite'?"),
        ("quux", "the modes are: none, once, new_episodes, all, rewrite"),
        ("", "the modes are: none, once, new_episodes, all, rewrite"),
        (None, "did you mean"),
        (7, "the modes are"),
    ],
)
def test_an_unknown_mode_is_told_with_the_nearest(word: str, hint: str) -> None:
    """Whatever was given for it."""
    with pytest.raises(UsageError, match="no such record mode") as error:
        mode_of(word)
    assert hint in error.value.hint


@pytest.mark.parametrize("exists", [True, False])
@pytest.mark.parametrize("mode", RecordMode)
def test_what_a_mode_does(mode: RecordMode, *, exists: bool) -> None:
    """Only none never records; a file that exists is played by none, once and new_episodes; only rewrite drops it."""
    does = plan(mode, exists=exists)
    assert (does.into == "nowhere") == (mode is RecordMode.NONE or (mode is RecordMode.ONCE and exists))
    if exists:
        assert does.plays == (mode in (RecordMode.NONE, RecordMode.ONCE, RecordMode.NEW_EPISODES))
        assert does.keeps == (mode is RecordMode.ALL)
    assert does.if_raised == (not (mode is RecordMode.REWRITE and exists))
