"""Promises of nexdiag.agent.loop.squeeze: no compaction without end."""

from nexdiag.agent.loop.compaction import INSTRUCTION
from nexdiag.agent.loop.squeeze import Squeeze
from nexdiag.core.message import Message

TALK = [Message(role=role, content=f"{role} {number} " * 200) for number in range(4) for role in ("user", "assistant")]


def test_it_is_due_when_the_window_is_nearly_full() -> None:
    """And never where the window is unknown, or so small that there is nothing to manage."""
    squeeze = Squeeze()
    assert [squeeze.due(used, 10_000) for used in (7000, 8000)] == [False, True]
    assert not squeeze.due(10**9, None)
    assert not squeeze.due(1000, 1000)


def test_without_growth_nothing_is_compacted_again() -> None:
    """Where system prompt and tools fill the window by themselves, compacting again would gain nothing.

    (reference fault 34)
    """
    squeeze = Squeeze()
    squeeze.done(8000)
    assert [squeeze.due(used, 10_000) for used in (8500, 9000, 9001)] == [False, False, True]


def test_the_same_request_is_never_made_twice() -> None:
    """The outcome would be the same (reference fault 17)."""
    squeeze = Squeeze()
    assert squeeze.begin(TALK, None)
    assert squeeze.begin(TALK, None) == ()
    assert squeeze.begin([*TALK, *TALK[:2]], None)
    squeeze.wish()
    assert squeeze.begin(TALK, None)


def test_three_failures_open_the_breaker_until_the_user_wishes_it() -> None:
    """A model that cannot sum up is not asked for ever; a success closes it again."""
    squeeze = Squeeze()
    for _ in range(2):
        squeeze.failed()
    squeeze.done(0)
    for _ in range(3):
        assert squeeze.due(9000, 10_000)
        squeeze.failed()
    assert not squeeze.due(9000, 10_000)
    assert squeeze.begin(TALK, None) == ()
    squeeze.wish()
    assert squeeze.begin(TALK, None)


def test_a_request_that_does_not_fit_is_made_shorter_a_few_times() -> None:
    """Half as long each time, until there is an end to it; each is another request."""
    squeeze = Squeeze()
    sent = [squeeze.begin(TALK, None)]
    while sent[-1]:
        sent.append(squeeze.shorter(TALK, sent[-1]))
    assert 2 <= len(sent) <= 6
    assert len({tuple(message.text for message in one) for one in sent}) == len(sent)
    sizes = [sum(len(message.text) for message in one) for one in sent]
    assert sizes == sorted(sizes, reverse=True)
    assert all(one[-1].text == INSTRUCTION for one in sent if one)
