"""Promises of nexdiag.agent.daemon.feed: everybody hears the whole turn, and its end exactly once."""

import asyncio

import pytest

from nexdiag.agent.daemon import feed as module
from nexdiag.agent.daemon.feed import Feed, Follower
from nexdiag.agent.daemon.protocol import Told, read_told
from nexdiag.agent.progress import (
    Progress,
    ReasoningDelta,
    TextDelta,
    TextTakenBack,
    ToolBuilding,
    TurnEnded,
    TurnStarted,
    Waiting,
)
from nexdiag.core.turn import Turn

START = TurnStarted(turn=Turn(number=1, said="hi", outcome="unfinished"))
END = TurnEnded(turn=Turn(number=1, said="hi", reply="ab"))


def told(feed: Feed, *progress: Progress, request_id: str | None = "r1") -> None:
    feed.begin(request_id)
    for one in progress:
        feed.tell(one)


def heard(follower: Follower) -> list[Told | str]:
    return [read_told(line) for line in follower.rest()]


def kinds(follower: Follower) -> list[object]:
    return [one.progress if isinstance(one, Told) else one for one in heard(follower)]


def test_followers_hear_each_thing_as_it_is_told() -> None:
    """Counted up, with the turn and its question; two hear the same."""
    feed = Feed()
    (greeting, one), (_, two) = feed.follow(), feed.follow()
    assert greeting == {"following": True, "running": False, "turn": 0}
    told(feed, START, TextDelta(text="a"), TextDelta(text="b"), END)
    got = heard(one)
    assert got == [
        Told(seq=number, turn=1, progress=progress, request_id="r1")
        for number, progress in enumerate([START, TextDelta(text="a"), TextDelta(text="b"), END], 1)
    ]
    assert heard(two) == got


def test_who_comes_late_hears_the_turn_from_its_beginning() -> None:
    """Its text in one piece, of what only the latest word counts the latest; then each thing as it comes."""
    feed = Feed()
    told(
        feed,
        START,
        *(ReasoningDelta(text=text) for text in "xy"),
        *(TextDelta(text=text) for text in "old"),
        TextTakenBack(),
        *(ToolBuilding(index=0, name="bash", characters=count) for count in (1, 2, 3)),
        *(Waiting(seconds=seconds, reason="slow") for seconds in (20.0, 40.0)),
        *(TextDelta(text=text) for text in "ab"),
    )
    greeting, late = feed.follow()
    assert (greeting["running"], greeting["turn"]) == (True, 1)
    feed.tell(TextDelta(text="c"))
    got = heard(late)
    assert [one.progress for one in got if isinstance(one, Told)] == [
        START,
        ReasoningDelta(text="xy"),
        TextDelta(text="old"),
        TextTakenBack(),
        ToolBuilding(index=0, name="bash", characters=3),
        Waiting(seconds=40.0, reason="slow"),
        TextDelta(text="ab"),
        TextDelta(text="c"),
    ]
    numbers = [one.seq for one in got if isinstance(one, Told)]
    assert numbers == sorted(set(numbers))


def test_a_turn_that_is_over_is_not_told_again() -> None:
    """Who comes after its end waits for the next one; nothing of it is kept."""
    feed = Feed()
    told(feed, START, TextDelta(text="a"), END)
    greeting, late = feed.follow()
    assert (greeting["running"], heard(late)) == (False, [])


@pytest.mark.parametrize(
    ("progress", "wanted"),
    [
        ((), [0, "end"]),
        ((START,), [1, "end"]),
        ((START, END), [1, "end"]),
        ((START, END, END), [1, "end"]),
        ((END,), [0, "end"]),
    ],
    ids=["no turn", "a broken one", "a whole one", "told twice", "an end of nothing"],
)
def test_each_question_has_one_beginning_and_one_end(progress: tuple[Progress, ...], wanted: list[object]) -> None:
    """Whatever the executor told of it: nothing, half, all, or its end twice (reference fault 67)."""
    feed = Feed()
    _, follower = feed.follow()
    told(feed, *progress)
    feed.settle(Turn(number=0, said="hi", outcome="failed", error="no"))
    feed.settle(Turn(number=0, said="hi", outcome="failed", error="no"))
    got = kinds(follower)
    assert [type(one) for one in got] == [TurnStarted, TurnEnded]
    first, last = got
    assert isinstance(first, TurnStarted)
    assert isinstance(last, TurnEnded)
    assert first.turn.number == last.turn.number == wanted[0]
    assert not feed.running


def test_who_reads_too_slowly_is_dropped_with_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    """The others hear all of it; what waited for him is let go."""
    monkeypatch.setattr(module, "_MOST_LINES", 3)
    feed = Feed()
    _, slow = feed.follow()
    _, quick = feed.follow()
    feed.begin("r1")
    count = 0
    for one in (START, *(TextDelta(text=text) for text in "abcde"), END):
        feed.tell(one)
        count += len(heard(quick))
    assert count == 7
    assert kinds(slow) == ["overloaded"]
    told(feed, START, END)
    assert heard(slow) == []


def test_a_long_past_is_no_slowness(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who joins a long turn gets all of it, and is not dropped for that."""
    monkeypatch.setattr(module, "_MOST_LINES", 3)
    feed = Feed()
    told(feed, START, *(one for _ in range(5) for one in (TextDelta(text="a"), TextTakenBack())))
    _, late = feed.follow()
    feed.tell(TextDelta(text="b"))
    assert len(heard(late)) == 12


def test_lines_wait_for_what_comes_and_end_with_the_last_word() -> None:
    """A follower sleeps until something is told; when the feed ends, so does he."""

    async def run() -> list[bytes]:
        feed = Feed()
        _, follower = feed.follow()

        async def reads() -> list[bytes]:
            return [line async for line in follower.lines()]

        reading = asyncio.create_task(reads())
        await asyncio.sleep(0)
        told(feed, START)
        await asyncio.sleep(0)
        feed.end("stopping")
        feed.tell(END)
        return await asyncio.wait_for(reading, 5)

    first, last = (read_told(line) for line in asyncio.run(run()))
    assert isinstance(first, Told)
    assert last == "stopping"
