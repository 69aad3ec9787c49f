"""One conversation, cut in two."""

import datetime as dt

import httpx
import msgspec
import pytest

from nexdiag.core.body import Body
from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.errors import NothingToDo, UsageError
from nexdiag.core.exchange import Exchange, Request
from nexdiag.core.scenario import Scenario
from nexdiag.core.turn import LogLine, ToolRun, Turn
from nexdiag.replay.toolbox import RecordedToolbox
from nexdiag.runner.play import prompt
from nexdiag.runner.replaying.onward.parted import part_of, staged, whole_parts

DAY = 86400.0
NOBODY = httpx.MockTransport(lambda request: httpx.Response(500))


def exchange(number: int, turn: int | None, session: str = "", *, at: float) -> Exchange:
    sent = msgspec.json.encode(
        {"messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "q"}]}
    )
    request = Request(method="POST", url="http://h/v1/chat/completions", body=Body.of(sent))
    return Exchange(id=number, started=at, request=request, turn=turn, session=session)


def cassette(*numbers: int, session: str = "", outcomes: dict[int, str] | None = None) -> Cassette:
    """One exchange, tool run and log line a turn, one a day; and one of each outside turns, in between."""
    sent = [exchange(number, number, session, at=number * DAY) for number in numbers]
    outside = exchange(99, None, session, at=2.5 * DAY)
    turns = [
        Turn(
            number=one.turn or 0,
            session=session,
            said=f"q{one.turn}",
            started=one.started,
            outcome=(outcomes or {}).get(one.id, "answered"),
            exchanges=(one,),
        )
        for one in sent
    ]
    lines = [LogLine(at=one.started, text=f"l{one.turn}", turn=one.turn, session=session) for one in (*sent, outside)]
    runs = [ToolRun(call_id=str(n), name="t", arguments="", output="", turn=n, session=session) for n in numbers]
    header = Header(origin="http://h/v1", model="m", scenario=Scenario(name="s", say=(), tools=("glob",)))
    return Cassette(
        header=header, turns=tuple(turns), exchanges=(*sent, outside), tool_runs=tuple(runs), log=tuple(lines)
    )


def test_all_that_belongs_to_the_first_turns_stays_together() -> None:
    """Their exchanges, tool runs and log lines, and what came between them."""
    part = part_of(cassette(1, 2, 3), 2)
    assert [turn.number for turn in part.kept.turns] == [1, 2]
    assert [one.id for one in part.kept.exchanges] == [1, 2, 99]
    assert [run.turn for run in part.kept.tool_runs] == [1, 2]
    assert [line.text for line in part.kept.log] == ["l1", "l2", "lNone"]
    assert ([turn.number for turn in part.rest], part.before) == ([3], 2)


def test_what_came_after_the_cut_does_not_stay() -> None:
    """Also where it belongs to no turn."""
    part = part_of(cassette(1, 2, 3), 1)
    assert ([one.id for one in part.kept.exchanges], [line.text for line in part.kept.log]) == ([1], ["l1"])


@pytest.mark.parametrize("until", [0, 4])
def test_none_or_all_of_the_turns_may_be_kept(until: int) -> None:
    """Nothing is left over, nothing is lost."""
    part = part_of(cassette(1, 2, 3, 4), until)
    assert len(part.kept.turns) == until == part.before
    assert len(part.rest) == 4 - until


@pytest.mark.parametrize("until", [-1, 5, 0])
def test_a_turn_that_there_is_not_is_told(until: int) -> None:
    """A recording that begins with turn 3 can be cut before it, and no earlier."""
    with pytest.raises(UsageError, match="turns 3 to 4 were recorded") as caught:
        part_of(cassette(3, 4), until)
    assert "--until 4" in caught.value.hint


def test_conversations_are_known_by_their_names() -> None:
    """Of one alone nobody has to name it."""
    one, two = cassette(1, 2), cassette(1, 2, session="2")
    both = msgspec.structs.replace(one, turns=one.turns + two.turns, exchanges=one.exchanges + two.exchanges)
    with pytest.raises(UsageError, match="2 were recorded"):
        part_of(both, 1)
    assert part_of(both, 1, "2").session == "2"
    assert part_of(one, 1).session == part_of(one, 1, "").session == ""
    with pytest.raises(UsageError, match="no conversation is called 'x'"):
        part_of(both, 1, "x")


def test_a_recording_without_turns_is_nothing_to_do() -> None:
    """Another client's."""
    with pytest.raises(NothingToDo, match="no turn"):
        part_of(Cassette(header=Header()), 0)


def test_whole_conversations_end_before_a_turn_that_was_cut_short() -> None:
    """One of which nothing is left is passed over."""
    first, second = cassette(1, 2, 3, outcomes={3: "cancelled"}), cassette(1, session="2", outcomes={1: "unfinished"})
    both = msgspec.structs.replace(first, turns=first.turns + second.turns)
    assert [[turn.number for turn in part.kept.turns] for part in whole_parts(both)] == [[1, 2]]
    with pytest.raises(NothingToDo):
        list(whole_parts(second))


def test_what_is_played_stands_at_the_day_of_its_recording() -> None:
    """Its prompt says that day; one that is recorded anew from its first turn says today."""
    today = 30 * DAY
    for until, wanted in ((1, DAY), (0, today)):
        scenario, stage, began = staged(part_of(cassette(1, 2), until), NOBODY, RecordedToolbox(()), now=today)
        assert (began, stage.clock(), stage.turns) == (wanted, wanted, 0)
        assert f"{dt.datetime.fromtimestamp(wanted, dt.UTC).date()}" in prompt(scenario, began)


def test_a_recording_that_begins_in_the_middle_has_its_past_in_its_first_request() -> None:
    """Its system prompt too."""
    scenario, stage, began = staged(part_of(cassette(3, 4), 2), NOBODY, RecordedToolbox(()), now=0.0)
    assert (scenario.system, stage.turns, began) == ("Be brief.", 2, 3 * DAY)


def test_what_another_client_said_is_not_said_by_ours() -> None:
    """Neither played nor recorded again: it would be another conversation."""
    recorded = cassette(1, 2)
    agent = ("user-agent", "OpenAI/Python 3.54")
    foreign = tuple(
        msgspec.structs.replace(one, request=msgspec.structs.replace(one.request, headers=(agent,)))
        for one in recorded.exchanges
    )
    other = msgspec.structs.replace(recorded, exchanges=foreign)
    with pytest.raises(NothingToDo, match="OpenAI/Python"):
        part_of(other, 0)
    with pytest.raises(NothingToDo, match="OpenAI/Python"):
        list(whole_parts(other))
