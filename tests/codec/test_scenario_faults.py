"""Promises of `nexdiag.codec.scenario_faults`."""

from typing import Any

import pytest

from nexdiag.codec.scenario_faults import faults
from nexdiag.core.scenario import Expectation, Say, Scenario

KNOWN = ("glob", "grep", "read_file")


def found(say: Say, written: dict[str, Any] | None = None, **more: Any) -> list[tuple[str, str]]:  # noqa: ANN401 - the keys of a scenario
    """Key and words of each fault of a scenario that says this."""
    table = {"say": [{"expect": written}]} if written is not None else {}
    scenario = Scenario(name="n", say=(say,), **more)
    return [(fault.key, fault.what) for fault in faults(scenario, table, tools=KNOWN)]


def expecting(**expect: Any) -> Say:  # noqa: ANN401 - the keys of an expectation
    """A message of which this is expected."""
    return Say(text="x", expect=Expectation(**expect))


@pytest.mark.parametrize(
    ("say", "more"),
    [
        (Say(text="x"), {}),
        (Say(text="x", cancel_after="first_text"), {}),
        (Say(text="x", cancel_after=0), {}),
        (Say(text="x", kill_daemon=True), {}),
        (Say(text="x", kill_daemon="first_tool"), {"tools": ("glob",)}),
        (Say(text="x", cancel_after=1.5, expect=Expectation(outcome="cancelled")), {}),
        (expecting(tools=("read_file",), not_tools=("g*",)), {"tools": ("*_file",)}),
        (expecting(not_tools=("*",)), {}),
        (expecting(matches=("a|b", r"\d+"), finish="stop", outcome="answered"), {}),
        (expecting(answer=False, contains=("x",), outcome="failed"), {}),
    ],
)
def test_what_goes_together_is_no_fault(say: Say, more: dict[str, Any]) -> None:
    """Each key may be used, alone and with those that go with it."""
    assert found(say, **more) == []


@pytest.mark.parametrize(
    ("say", "key", "words"),
    [
        (Say(text=" \n"), "say[0].text", "empty message"),
        (Say(text="x", repeat=0), "say[0].repeat", "above 0"),
        (Say(text="x", repeat=10_001), "say[0].repeat", "up to 10000"),
        (Say(text="x", cancel_after="first"), "say[0].cancel_after", "found 'first'"),
        (Say(text="x", cancel_after=-1.0), "say[0].cancel_after", "from 0"),
        (Say(text="x", cancel_after=float("nan")), "say[0].cancel_after", "from 0"),
        (Say(text="x", cancel_after=float("inf")), "say[0].cancel_after", "from 0"),
        (Say(text="x", kill_daemon="soon"), "say[0].kill_daemon", "found 'soon'"),
        (Say(text="x", kill_daemon="first_tool"), "say[0].kill_daemon", "no tool can run"),
        (Say(text="x", cancel_after=1, kill_daemon=True), "say[0].kill_daemon", "found both"),
        (expecting(matches=("a", "(")), "say[0].expect.matches[1]", "no regular expression"),
        (expecting(matches=("a{99999999999999999999}",)), "say[0].expect.matches[0]", "no regular expression"),
        (expecting(outcome="fine"), "say[0].expect.outcome", "found 'fine'"),
        (expecting(outcome="cancelled"), "say[0].expect.outcome", "nobody cancels"),
        (expecting(tools=("glob",)), "say[0].expect.tools[0]", "does not allow it"),
        (expecting(tools=("glb",)), "say[0].expect.tools[0]", "no such tool"),
        (expecting(not_tools=("glb",)), "say[0].expect.not_tools[0]", "no such tool"),
        (expecting(not_tools=("glob", "glob")), "say[0].expect.not_tools", "stands there twice"),
        (expecting(calls=0), "say[0].expect.calls", "above 0"),
        (expecting(together=2), "say[0].expect.together", "no tool can run"),
        (expecting(within=float("nan")), "say[0].expect.within", "above 0"),
        (Say(text="x", cancel_after=1, expect=Expectation(finish="stop")), "say[0].expect.finish", "no answer for"),
        (Say(text="x", cancel_after=1, expect=Expectation(contains=("a",))), "say[0].expect.contains", "no answer for"),
        (Say(text="x", cancel_after=1, expect=Expectation(outcome="failed")), "say[0].expect.outcome", "does not end"),
    ],
)
def test_a_fault_is_told_at_its_key(say: Say, key: str, words: str) -> None:
    """Each fault names its key, and what is wrong with it."""
    assert any(at == key and words in what for at, what in found(say)), found(say)


@pytest.mark.parametrize(
    ("say", "written"),
    [
        (Say(text="x", cancel_after="start"), {"answer": True}),
        (Say(text="x", expect=Expectation(outcome="failed")), {"answer": True}),
    ],
)
def test_an_answer_that_was_asked_for_contradicts_a_turn_that_can_have_none(say: Say, written: dict[str, Any]) -> None:
    """The default is no contradiction: only an `answer = true` that was written is."""
    assert found(say, {}) == []
    assert [key for key, _ in found(say, written)] == ["say[0].expect.answer"]


def test_expected_and_excluded_is_a_contradiction() -> None:
    """A tool cannot be both."""
    (fault,) = found(expecting(tools=("glob",), not_tools=("g*",)), tools=("glob",))
    assert fault == ("say[0].expect.not_tools", "'glob' is both expected and excluded")


def test_all_messages_together_are_limited() -> None:
    """Repeats multiply: nobody waits for a hundred million turns."""
    (fault,) = found(Say(text="x", repeat=10_000), repeat=10_000)
    assert fault[0] == "repeat"


def test_the_nearest_word_is_hinted_at() -> None:
    """For tools and moments."""
    say = Say(text="x", cancel_after="first_txt", expect=Expectation(not_tools=("grp",)))
    hints = [fault.hint for fault in faults(Scenario(name="n", say=(say,)), {}, tools=KNOWN)]
    assert hints == ["did you mean 'first_text'?", "did you mean 'grep'?"]


def test_tools_that_nobody_knows_are_not_judged() -> None:
    """A reader that does not know the tools says nothing of them."""
    scenario = Scenario(name="n", say=(Say(text="x"),), tools=("mine",))
    assert list(faults(scenario, {})) == []
    assert [fault.key for fault in faults(scenario, {}, tools=KNOWN)] == ["tools[0]"]


def test_faults_that_strike_a_turn_of_a_chat_go_together() -> None:
    """A turn counts within its chat: each message as often as it is said there, not the chats."""
    laid = ("status:429@3,retry-after=1", "cut@2#5", "no-done")
    assert found(Say(text="x", repeat=3), faults=laid) == []


@pytest.mark.parametrize(
    ("laid", "key", "words"),
    [
        (("cut@1", "stat:500"), "faults[1]", "found 'stat'"),
        (("cut@1", "cut@3"), "faults[1]", "strikes turn 3, but a chat of this scenario has 2"),
        (("cut@1", "slow", "cut@1"), "faults[2]", "'cut@1' stands there twice"),
        (("",), "faults[0]", "wanted status"),
    ],
)
def test_a_fault_that_is_none_is_told(laid: tuple[str, ...], key: str, words: str) -> None:
    """With the place at which it stands."""
    (told,) = found(Say(text="x", repeat=2), faults=laid, repeat=5)
    assert told[0] == key
    assert words in told[1]
