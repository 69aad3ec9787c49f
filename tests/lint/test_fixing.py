"""Safe repairs of a request."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st
from linting import ASSISTANT, SYSTEM, USER, calls, refusing, tool

from nexdiag.lint.engine import judge_bare
from nexdiag.lint.fixing import REPAIRABLE, fixed
from nexdiag.lint.profiles import named
from nexdiag.lint.rules import find
from nexdiag.lint.seen.bare import BareExchange

STRICT = refusing(*REPAIRABLE)
PARTS = {"role": "user", "content": [{"type": "text", "text": "p"}]}


def messages_after(messages: list[object]) -> object:
    return fixed({"model": "m", "messages": messages}, STRICT).request["messages"]


def test_neighbours_are_merged() -> None:
    """No word is lost: texts with a blank line between, parts one after another."""
    assert messages_after([USER, USER, USER]) == [{"role": "user", "content": "u\n\nu\n\nu"}]
    assert messages_after([USER, PARTS]) == [
        {"role": "user", "content": [{"type": "text", "text": "u"}, {"type": "text", "text": "p"}]}
    ]


def test_an_orphan_is_dropped() -> None:
    """What nobody asked for goes; what was asked for stays."""
    good = [USER, calls("c"), tool("c"), ASSISTANT]
    assert messages_after([*good, USER, tool("x"), ASSISTANT, USER]) == [*good, USER, ASSISTANT, USER]


def test_a_missing_answer_is_not_made_up() -> None:
    """There is no safe repair, and it is told as left."""
    request = {"model": "m", "messages": [USER, calls("c"), USER]}
    done = fixed(request, refusing("unanswered-tool-call"))
    assert (done.request, done.made) == (request, ())
    assert [one.rule for one in done.left] == ["unanswered-tool-call"]


def test_empty_lists_are_left_out() -> None:
    """They say nothing, and some servers refuse them."""
    request = {
        "model": "m",
        "messages": [USER, {**ASSISTANT, "tool_calls": []}, USER],
        "tools": [],
        "stream_options": {},
    }
    assert fixed(request, STRICT).request == {"model": "m", "messages": [USER, ASSISTANT, USER]}


def test_what_is_given_stays_as_it_is() -> None:
    """A repair is a new request."""
    request = {"model": "m", "messages": [USER, USER]}
    before = copy.deepcopy(request)
    assert fixed(request, STRICT).made == ("role-alternation: merged messages[1] into messages[0]",)
    assert request == before


@given(st.lists(st.sampled_from([USER, ASSISTANT, SYSTEM, PARTS, calls("c"), tool("c"), tool("d"), {"role": "user"}])))
def test_repairs_end_and_make_no_new_fault(messages: list[object]) -> None:
    """After them nothing is worse than it was, and nothing is left to repair, whatever the conversation."""
    done = fixed({"model": "m", "messages": messages}, STRICT)
    count = len(
        [one for one in judge_bare(BareExchange(request={"model": "m", "messages": messages}), STRICT)[1] if one.weighs]
    )
    assert len(done.left) <= count
    assert fixed(done.request, STRICT).made == ()


@pytest.mark.parametrize("rule", REPAIRABLE)
def test_a_repair_is_for_a_rule(rule: str) -> None:
    """Its name is that of a rule that there is."""
    assert find(rule).name == rule


def test_a_server_that_takes_it_gets_it_as_it_is() -> None:
    """Only what weighs on that server is mended."""
    assert fixed({"model": "m", "messages": [USER, USER]}, named("openai")).made == ()
