"""Our executor, answered in the order recorded."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from nexdiag.core.body import Body
from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.errors import NothingToDo
from nexdiag.core.exchange import Exchange, Request
from nexdiag.core.message import ToolCall
from nexdiag.core.turn import ToolRun
from nexdiag.replay.matching.matcher import Miss
from nexdiag.runner.load import load
from nexdiag.runner.replaying.determinism.child import InOrder, _Reversed, main, requests_of
from nexdiag.runner.replaying.determinism.variations import DAY, Variation

RECORDING = Path(__file__).parents[4] / "cassettes/llama.cpp/five-back-to-back.cassette.jsonl"
PLAIN = Variation(kind="nothing")


@pytest.fixture(scope="module")
def recorded() -> Cassette:
    return load(RECORDING)


def bodies(requests: Sequence[Request]) -> list[object]:
    return [msgspec.json.decode(one.body.join()) for one in requests]


def test_it_asks_what_was_recorded(recorded: Cassette) -> None:
    """Where nothing is varied."""
    sent = [one.request for one in recorded.exchanges if one.turn is not None]
    assert bodies(requests_of(recorded, PLAIN)) == bodies(sent)


def test_another_day_changes_the_prompt_and_leads_nothing_astray(recorded: Cassette) -> None:
    """Every request still comes, and differs in the date alone."""
    plain, ahead = requests_of(recorded, PLAIN), requests_of(recorded, Variation(kind="clock", ahead=2 * DAY))
    assert len(plain) == len(ahead) == 5
    for one, two in zip(bodies(plain), bodies(ahead), strict=True):
        assert one != two
        assert one["messages"][1:] == two["messages"][1:]  # type: ignore[index]  # both are requests


def test_tools_in_another_order_are_no_other_request(recorded: Cassette) -> None:
    """Our executor sorts them."""
    scenario = msgspec.structs.replace(recorded.header.scenario, tools=("glob", "bash", "grep"))  # type: ignore[type-var]  # it has one
    header = msgspec.structs.replace(recorded.header, scenario=scenario)
    cassette = msgspec.structs.replace(recorded, header=header)
    other = requests_of(cassette, Variation(kind="order of tools", reversed_tools=True))
    assert bodies(requests_of(cassette, PLAIN)) == bodies(other)
    assert "glob" in str(bodies(other)[0])


def test_results_that_come_in_another_order_are_the_same_results() -> None:
    """Who hears of them hears the last first; what is given back is in the order of the calls."""

    class Tools:
        async def run(self, calls: Sequence[ToolCall], **_: object) -> tuple[ToolRun, ...]:
            return tuple(ToolRun(call_id=call.id, name="t", arguments="", output=call.id) for call in calls)

        async def close(self) -> None:
            heard.append("closed")

    heard: list[str] = []

    async def run() -> tuple[ToolRun, ...]:
        tools = _Reversed(Tools())
        calls = [ToolCall(id=name, name="t", arguments="") for name in "abc"]
        runs = await tools.run(calls, on_run=lambda one: heard.append(one.output))
        await tools.close()
        return runs

    assert [one.output for one in asyncio.run(run())] == ["a", "b", "c"]
    assert heard == ["c", "b", "a", "closed"]


def test_whatever_is_asked_is_given_the_answer_that_is_meant_else_the_next() -> None:
    """Of the same address, until there is none; parallel requests that are the recorded ones get their own."""
    recorded = [
        Exchange(id=n, started=0.0, request=Request(method="POST", url=f"http://h{path}", body=Body.of(body)))
        for n, (path, body) in enumerate([("/a", b"one"), ("/a", b"two"), ("/b", b"three"), ("/a", b"four")])
    ]
    matcher = InOrder(recorded)

    def asked(path: str, body: bytes) -> int | None:
        found = matcher.find(Request(method="POST", url=f"http://other{path}", body=Body.of(body)))
        if isinstance(found, Miss):
            return None
        matcher.spend(found)
        return found.exchange.id

    assert [asked("/a", b"two"), asked("/a", b"x"), asked("/b", b"y"), asked("/a", b"z")] == [1, 0, 2, 3]
    assert (asked("/a", b"one"), asked("/c", b"")) == (None, None)


def test_a_recording_without_turns_is_nothing_to_do() -> None:
    """It is told, and not taken for one in which nothing varies."""
    with pytest.raises(NothingToDo):
        requests_of(Cassette(header=Header()), PLAIN)


def test_it_writes_a_line_for_each_request(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """As its parent reads them."""
    main([str(RECORDING), msgspec.json.encode(PLAIN).decode()])
    assert len(capfdbinary.readouterr().out.splitlines()) == 5
