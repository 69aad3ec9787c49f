"""Promises of `nexdiag.runner.replaying.options`."""

import pytest

from nexdiag.core.errors import UsageError
from nexdiag.core.fault import Fault
from nexdiag.runner.replaying.how import How
from nexdiag.runner.replaying.options import Typed, how_of, speed_of
from nexdiag.runner.settings import Replay


def test_nothing_typed_is_the_strictest_replay() -> None:
    """But for where live tools would work, it is what `How` is without a choice."""
    how = how_of(Typed())
    assert how.workspace is not None
    assert (how.match, how.split, how.speed, how.faults, how.unplayed) == ("exact", "recorded", None, (), False)


def test_what_is_typed_goes_before_what_is_set() -> None:
    """Rules add up, since each is about a place of its own; of all else the flag counts."""
    settings = Replay(match="turn", speed=10, ignore=("/metadata",), unplayed=True, max_age="2d", expired="fail")
    how = how_of(Typed(match="prefix", ignore=("/seed",), unplayed=False), settings)
    assert (how.match, how.speed, how.ignore, how.unplayed) == ("prefix", 10.0, ("/metadata", "/seed"), False)
    assert (how.max_age, how.expired) == (2 * 86400, "fail")


def test_a_fault_is_read_before_anything_is_played() -> None:
    """Its text form is `codec.fault`'s."""
    assert how_of(Typed(faults=("status:429@2",))).faults == (Fault(kind="status", value="429", turn=2),)


def test_none_switches_the_faults_of_scenarios_off() -> None:
    """They are on unless it is asked for."""
    off = how_of(Typed(faults=("none",)))
    assert (off.faults, off.scenario_faults) == ((), False)
    assert how_of(Typed()).scenario_faults


@pytest.mark.parametrize(
    ("typed", "said", "meant"),
    [
        (Typed(faults=("cut@1", "none")), "--fault none and --fault cut@1", "left out anyway"),
        (Typed(match="exakt"), "--match 'exakt'", "did you mean exact?"),
        (Typed(split="bytes"), "--split 'bytes'", "did you mean byte?"),
        (Typed(tools="life"), "--tools 'life'", "did you mean live?"),
        (Typed(expired="x"), "--expired 'x'", "warn, fail"),
        (Typed(speed="fast"), "--speed 'fast'", "max"),
        (Typed(speed="0"), "--speed '0'", "max"),
        (Typed(speed="nan"), "--speed 'nan'", "max"),
        (Typed(speed="inf"), "--speed 'inf'", "max"),
        (Typed(speed="1e-300"), "a speed from 0.01 on", "max"),
        (Typed(ignore=("metadata",)), "metadata", "/metadata"),
        (Typed(faults=("stats:429@2",)), "stats", "status"),
        (Typed(max_age="soon"), "soon", "30d"),
    ],
)
def test_what_is_no_choice_is_told_with_what_is_near(typed: Typed, said: str, meant: str) -> None:
    """One line of what was found, and a hint of what was meant."""
    with pytest.raises(UsageError) as told:
        how_of(typed)
    assert said in told.value.what
    assert meant in told.value.hint


def test_speed_is_a_number_or_max() -> None:
    """`max` waits for nothing."""
    assert (speed_of("max"), speed_of(None), speed_of("1"), speed_of("0.5")) == (None, None, 1.0, 0.5)
    assert How().speed is None


def test_a_pace_that_would_never_end_is_refused_wherever_it_was_set() -> None:
    """A recorded second would take an hour and more: in nexdiag.toml as on the command line."""
    assert speed_of("0.01") == 0.01
    with pytest.raises(UsageError, match=r"a speed from 0\.01 on is wanted, found --speed 1e-300"):
        how_of(Typed(), Replay(speed=1e-300))
