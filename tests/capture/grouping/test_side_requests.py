"""Promises of `nexdiag.capture.grouping.side_requests`; how whole recordings come out is promised in test_grouping."""

import json
from typing import Any

import pytest

from nexdiag.capture.grouping.side_requests import Beside, by_route, by_shape, in_passing
from nexdiag.capture.grouping.tree import Asked, Reader
from nexdiag.core.body import Body
from nexdiag.core.exchange import Request

AGENT = Beside(model="m", tools=True, limit=None, said="What day is it today?", system="You are an agent.", busy=True)
CHAT = Beside(model="m", tools=False, limit=None, said="What day is it today?", system="", busy=False)


def asked(*messages: tuple[str, str], **more: Any) -> Asked:  # noqa: ANN401 - fields of a body
    listed = [{"role": role, "content": text} for role, text in messages]
    body = Body.of(json.dumps({"model": "m", "messages": listed, **more}).encode())
    found = Reader().read(Request(method="POST", url="http://x/v1/chat/completions", body=body))
    assert found is not None
    return found


@pytest.mark.parametrize("path", ["/v1/chat/x", "/v1/files", "/v1/models/../x", ""])
def test_a_route_that_nobody_knows_is_other_or_health(path: str) -> None:
    assert by_route(path) in ("other", "health", "models")


@pytest.mark.parametrize(
    ("request_", "beside", "kind"),
    [
        (asked(("system", "Write a title."), ("user", "What day is it today?")), AGENT, "title"),
        (asked(("user", "Summarize: a page"), model="small"), AGENT, "summary"),
        (asked(("user", "Is this safe? rm -rf /"), model="small", max_tokens=5), AGENT, "side request"),
        (asked(("user", "Name (title) of: What day is it today? Friday.")), CHAT, "title"),
        (asked(("user", "Tell me a story.")), CHAT, ""),
        (asked(("user", "Find all files that mention dates.")), AGENT, ""),
        (asked(("user", "Tell me a story."), model="other", max_tokens=50), CHAT, ""),
        (asked(("user", "Find it."), tools=[{"type": "function"}], model="small", max_tokens=5), AGENT, ""),
        (asked(("user", "Title?"), ("assistant", "Which?"), ("user", "That title."), max_tokens=5), AGENT, ""),
    ],
)
def test_several_things_must_speak_for_an_aside(request_: Asked, beside: Beside, kind: str) -> None:
    """What has tools, or a history of its own, is a conversation, whatever else it has."""
    assert by_shape(request_, request_.said(), beside) == kind


def test_a_conversation_may_be_asked_for_its_own_summary() -> None:
    """Its tools are left out then; with them it is a turn as any other."""
    words = "Write a detailed summary of our conversation."
    without, with_tools = (asked(("user", words), **more) for more in ({}, {"tools": [{"type": "function"}]}))
    assert in_passing(without, words, AGENT) == "summary"
    assert in_passing(with_tools, words, Beside(tools=True)) == ""
    assert in_passing(without, "And tomorrow?", AGENT) == ""
    assert in_passing(without, words, CHAT) == ""
