"""Promises of nexdiag.agent.loop.attempts: one ledger for a request, each sort of failure with a budget of its own."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.agent.loop.attempts import NOT_UP, Attempts, Sort
from nexdiag.agent.loop.events import Failed, Limits

BUSY = Failed(reason="HTTP 503: busy", may_pass=True, status=503)
DOWN = Failed(reason="nobody listens", may_pass=True, kind="refused")


def ledger(chance: float = 0.5, **limits: float) -> Attempts:
    return Attempts(msgspec.structs.replace(Limits(), **limits), lambda: chance)


def test_each_sort_has_its_own_budget() -> None:
    """A busy server does not use up the attempts of a broken stream; and there is one owner, so they do not multiply.

    The reference made up to sixteen requests for one turn.
    """
    attempts = ledger()
    sorts: list[tuple[Sort, int]] = [("server", 4), ("stream", 2), ("empty", 2)]
    for sort, most in sorts:
        allowed = [attempts.again(BUSY, sort) is not None for _ in range(most + 2)]
        assert allowed == [True] * most + [False, False]
    assert attempts.number == 9


def test_the_wait_doubles_up_to_its_limit() -> None:
    """Half a second, one, two, …, never above thirty; whatever came before counts."""
    attempts = ledger(retries=9)
    assert [attempts.again(BUSY) for _ in range(9)] == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]


@pytest.mark.parametrize(("chance", "wait"), [(0.0, 0.375), (0.5, 0.5), (1.0, 0.625)])
def test_the_wait_is_spread_by_a_quarter(chance: float, wait: float) -> None:
    """Clients that failed together do not come back together."""
    assert ledger(chance).again(BUSY) == wait


@given(st.floats(0, 1e9), st.floats(0, 1))
def test_the_server_s_wait_is_a_minimum(asked: float, chance: float) -> None:
    """Retry-After is heard (reference fault L16), never undercut, and never longer than five minutes."""
    wait = ledger(chance).again(msgspec.structs.replace(BUSY, wait=asked))
    assert wait is not None
    assert min(asked, 300.0) <= wait <= max(300.0, 0.625)


def test_a_refusal_has_no_attempts() -> None:
    """The same request would be refused again (reference fault 16)."""
    assert ledger().again(Failed(reason="HTTP 400", may_pass=False, status=400)) is None


def test_the_same_500_twice_is_final() -> None:
    """In the same words it is no accident: a template that fails. A 503 says that it will pass, in the same words."""
    boom = Failed(reason="boom", may_pass=True, status=500)
    attempts = ledger()
    assert attempts.again(boom) is not None
    assert attempts.again(boom) is None
    assert [ledger().again(BUSY) is None for _ in range(3)] == [False] * 3


def test_a_server_that_starts_is_waited_for() -> None:
    """On this machine a refused connection is tried for two minutes, and costs no attempt."""
    attempts = ledger(start_up=120.0)
    waits = []
    while len(waits) < 99 and (wait := attempts.again(DOWN)) is not None and NOT_UP in attempts.reason(DOWN):
        waits.append(wait)
        if sum(waits) >= 120:
            break
    assert max(waits) == 5.0
    assert 120 <= sum(waits) < 126
    assert attempts.reason(DOWN).startswith(NOT_UP)
    assert [attempts.again(DOWN) is not None for _ in range(3)] == [True] * 2 + [False]


def test_a_server_elsewhere_is_not() -> None:
    """Without `start_up` a refused connection is tried twice more: nobody listens, and that seldom changes soon."""
    attempts = ledger()
    assert [attempts.again(DOWN) is not None for _ in range(3)] == [True] * 2 + [False]
    assert attempts.reason(DOWN) == DOWN.reason
