"""Safe repairs of a request."""

import copy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from linting import ASSISTANT, SYSTEM, USER, calls, refusing, tool

from nexdiag.core.endpoint import Profile
from nexdiag.lint.engine import judge_bare
from nexdiag.lint.fixing import fixed
from nexdiag.lint.profiles import ALL, named
from nexdiag.lint.seen.bare import BareExchange

STRICT = refusing(
    *("role-alternation", "orphan-tool-result", "duplicate-tool-result", "system-not-first", "developer-role"),
    *("multiple-system-messages", "empty-tool-calls-array", "empty-tools-array", "prefill-trailing-whitespace"),
    *("stream-options-unsupported", "empty-messages"),
)
"""It refuses all that can be mended, and that nothing is left."""
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


DENIED, ON = {"role": "user", "content": "Tool call denied."}, {"role": "user", "content": "continue"}


@pytest.mark.parametrize("server", ["llama.cpp-strict", "openai"])
def test_a_denial_in_the_users_name_becomes_the_answer(server: str) -> None:
    """One owed call, and the user speaks again behind it: role and id are given, nothing is merged, nothing is left."""
    for before, at in (([SYSTEM, USER, calls("c")], 3), ([SYSTEM, USER, calls("b", "c"), tool("b")], 4)):
        request = {"model": "m", "messages": [*before, DENIED, ON]}
        done = fixed(request, named(server))
        assert [one.partition(": ")[2] for one in done.made] == [
            f"gave messages[{at}] the role tool and the tool_call_id c"
        ]
        assert (done.request["messages"], done.left) == ([*before, tool("c", "Tool call denied."), ON], ())
        for other in ("llama.cpp-strict", "openai"):
            assert judge_bare(BareExchange(request=done.request), named(other))[1] == ()


@pytest.mark.parametrize("server", ["llama.cpp-strict", "openai"])
@pytest.mark.parametrize(
    "messages",
    [
        [USER, calls("c", "d"), DENIED, ON],
        [USER, calls("c"), DENIED],
        [USER, calls("c"), {**DENIED, "name": "n"}, ON],
    ],
    ids=["two calls, one text", "a change of mind", "a field that would be lost"],
)
def test_where_it_is_not_plain_which_answer_it_is_nothing_is_repaired(messages: list[object], server: str) -> None:
    """It is told as left, with what to do."""
    done = fixed({"model": "m", "messages": messages}, named(server))
    assert (done.made, done.request["messages"]) == ((), messages)
    assert all("tool_call_id" in one.fix for one in done.left)
    assert done.left


def test_an_answer_that_comes_later_is_not_given_twice() -> None:
    """Then the messages between are the user's own."""
    messages = [USER, calls("c"), DENIED, ON, tool("c")]
    after = fixed({"model": "m", "messages": messages}, named("llama.cpp-strict")).request["messages"]
    assert after == [USER, calls("c"), {"role": "user", "content": "Tool call denied.\n\ncontinue"}, tool("c")]


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


def test_an_answer_is_dropped_only_where_it_says_the_same() -> None:
    """Of two answers to one call that differ, nobody knows which is right."""
    asked = [USER, calls("c"), tool("c", "1")]
    assert messages_after([*asked, tool("c", "1")]) == asked
    for other in ("2", None):
        assert messages_after([*asked, tool("c", other)]) == [*asked, tool("c", other)]
    assert messages_after([*asked, tool("c", "2"), tool("c", "2")]) == [*asked, tool("c", "2"), tool("c", "2")]


def test_a_request_is_never_left_empty() -> None:
    """An answer that stands alone stays: a request without a message is no request."""
    done = fixed({"model": "m", "messages": [tool("x")]}, refusing("orphan-tool-result"))
    assert (done.request["messages"], done.made) == ([tool("x")], ())
    assert [one.rule for one in done.left] == ["orphan-tool-result"]


def test_what_would_bring_a_new_error_is_undone() -> None:
    """Without the orphan two users would follow each other; what else can be mended still is."""
    messages = [USER, ASSISTANT, USER, tool("x"), {**PARTS, "name": "n"}]
    request = {"model": "m", "messages": messages, "tools": []}
    assert rules(request, STRICT) == {"orphan-tool-result", "empty-tools-array"}
    done = fixed(request, STRICT)
    assert done.request == {"model": "m", "messages": messages}
    assert [one.rule for one in done.left] == ["orphan-tool-result"]


def rules(request: object, profile: Profile) -> set[str]:
    """Those that find an error."""
    return {one.rule for one in judge_bare(BareExchange(request=request), profile)[1] if one.severity == "error"}


def words(messages: list[Any]) -> list[str]:
    """What user and assistant said, each word; also what is a tool's answer by now."""
    said: list[str] = []
    for message in messages:
        spoken = message["role"] in ("user", "assistant") or message.get("content") in ("one", "two words", "end ")
        content = message.get("content") if spoken and message["role"] not in ("system", "developer") else None
        texts = content if isinstance(content, list) else [{"text": content or ""}]
        said += [word for part in texts for word in part.get("text", "").split()]
    return said


SPOKEN = st.builds(
    lambda role, text, parts: {"role": role, "content": [{"type": "text", "text": text}] if parts else text},
    st.sampled_from(["user", "assistant", "system", "developer"]),
    st.sampled_from(["", "one", "two words", "end "]),
    st.booleans(),
)
OTHERS = st.sampled_from(
    [
        *(calls("c"), calls("c", "d"), tool("c"), tool("c", "other"), tool("d"), {**ASSISTANT, "tool_calls": []}),
        *({"role": "user"}, SYSTEM, {"role": "user", "content": "named", "name": "n"}),
    ]
)


@pytest.mark.parametrize("profile", [STRICT, *ALL], ids=lambda profile: profile.name)
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(messages=st.lists(SPOKEN | OTHERS, min_size=1, max_size=7), lists=st.booleans())
def test_repairs_keep_every_word_and_bring_no_new_error(profile: Profile, messages: list[Any], lists: bool) -> None:
    """On every server: no rule finds an error that found none, no word of user or assistant is lost, and it ends."""
    request = {"model": "m", "messages": messages, "max_tokens": 9} | ({"tools": []} if lists else {})
    done = fixed(request, profile)
    assert rules(done.request, profile) <= rules(request, profile)
    assert words(done.request["messages"]) == words(messages)
    assert done.request["messages"]
    assert fixed(done.request, profile).made == ()


def test_a_server_that_takes_it_gets_it_as_it_is() -> None:
    """Only what weighs on that server is mended."""
    assert fixed({"model": "m", "messages": [USER, USER]}, named("openai")).made == ()
