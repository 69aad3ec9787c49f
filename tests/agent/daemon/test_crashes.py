"""Promises of nexdiag.agent.daemon.crashes: three faults in ten minutes are too many."""

from nexdiag.agent.daemon.crashes import WITHIN, CrashBudget


def test_the_third_within_ten_minutes_is_one_too_many() -> None:
    """Not the second, and not a third that comes later (reference fault 62)."""
    budget = CrashBudget()
    assert [budget.spend(at) for at in (0.0, 1.0, 2.0)] == [False, False, True]
    budget = CrashBudget()
    assert [budget.spend(at) for at in (0.0, 1.0, WITHIN + 0.5, WITHIN + 0.6)] == [False, False, False, True]


def test_somebody_who_wants_it_to_go_on_gives_it_a_new_budget() -> None:
    """A new message, or a restart."""
    budget = CrashBudget()
    for at in (0.0, 1.0, 2.0):
        budget.spend(at)
    budget.renew()
    assert not budget.spend(3.0)
