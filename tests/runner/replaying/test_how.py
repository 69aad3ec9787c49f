"""Promises of `nexdiag.runner.replaying.how`."""

from nexdiag.runner.replaying.how import MATCHES, SPLITS, How


def test_nothing_chosen_is_the_strictest_replay() -> None:
    """As recorded, at once, without faults; what is left over counts."""
    how = How()
    assert (how.match, how.split) == (MATCHES[0], SPLITS[0])
    assert not any((how.faults, how.repeats, how.unplayed, how.live_tools, how.ignore))
