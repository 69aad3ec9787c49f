"""Promises of nexdiag.report.snapshot.layout."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from made import said, user
from syrupy.matchers import path_type

from nexdiag.core.exchange import Request
from nexdiag.report.snapshot.chosen import Choice
from nexdiag.report.snapshot.layout import Setting, read, whole, written
from nexdiag.report.snapshot.sent import Sent, requests_of

TOOL = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}
FIRST = {"model": "m", "messages": [user("hi"), said("ho")], "tools": [TOOL], "stream": True}
NAMES = st.text(alphabet=st.characters(), max_size=5)
HOSTILE = st.text(alphabet="a⟨⟩\ud800\u202e\x1b 1", max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(-9, 9) | HOSTILE,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
MESSAGES = (user("hi"), said("ho"), user("⟨2 messages as in request 1⟩"), {"⟨no JSON⟩": "x", "a": 1})
BODIES = st.fixed_dictionaries(
    {},
    optional={
        "messages": st.lists(st.sampled_from(MESSAGES), max_size=4),
        "input": st.lists(VALUES, max_size=2) | VALUES,
        "tools": st.lists(st.sampled_from([TOOL, {"type": "web_search"}]), max_size=3),
        "⟨x": VALUES,
    },
)  # fmt: skip


def test_a_request_is_read_line_by_line() -> None:
    """Each message, each parameter and each tool is one line, in the order sent; a schema stands aside, once."""
    more = {**FIRST, "messages": [*FIRST["messages"], user("more")], "stream": False}
    made = written(requests_of([FIRST, more]))
    assert made.text == (
        """[
  {
    "body": {
      "model": "m",
      "messages": [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": "ho"}
      ],
      "tools": [
        {"tool": "weather", "schema": "DIGEST"}
      ],
      "stream": true
    }
  },
  {
    "body": {
      "model": "m",
      "messages": [
        "⟨2 messages as in request 1⟩",
        {"role": "user", "content": "more"}
      ],
      "tools": [
        {"tool": "weather", "schema": "DIGEST"}
      ],
      "stream": false
    }
  }
]
""".replace("DIGEST", next(iter(made.tools)).rpartition("-")[2])
    )
    assert [json.loads(text) for text in made.tools.values()] == [TOOL]


@given(st.lists(BODIES, max_size=4))
def test_requests_come_back(bodies: list[dict[str, Any]]) -> None:
    """With their schemas and what was sent before, whatever they hold, in one text that UTF-8 can write."""
    made = written(requests_of(bodies), Setting(keep=("ids", "seeds")))
    made.text.encode()
    back = whole(read(made.text, made.tools))
    assert [one["body"] for one in back] == json.loads(json.dumps(bodies))
    assert [list(one["body"]) for one in back] == [list(json.loads(json.dumps(body))) for body in bodies]


def test_what_is_no_json_is_kept_as_it_is() -> None:
    """A text as a text, bytes as base64, a message with a name twice as its text."""
    bodies = [b'{"a":1,"a":2}', b"\xff\xfe", "hello", "[1]", b'{"messages":[{"a":1,"a":2}]}', b""]
    assert json.loads(written(requests_of(bodies)).text) == [
        {"text": '{"a":1,"a":2}'},
        {"base64": "//4="},
        {"text": "hello"},
        {"body": [1]},
        {"body": {"messages": [{"⟨no JSON⟩": '{"a":1,"a":2}'}]}},
        {},
    ]
    assert written([]).text == "[]\n"
    deep = b'{"messages":[' + b"[" * 500 + b"]" * 500 + b"]}"
    assert json.loads(written(requests_of(deep)).text) == [{"text": deep.decode()}]


def test_an_address_is_told_without_its_host_and_headers_only_where_asked_for() -> None:
    """In lower case, and with what is volatile replaced."""
    headers = (("content-type", "application/json"), ("x-id", "6f1c2a0e-9b1d-4c7e-8a55-0123456789ab"))
    sent = [Sent(request=Request(method="GET", url="http://h:1/v1/models?limit=2", headers=headers))]
    assert json.loads(written(sent).text) == [{"request": "GET /v1/models?limit=2"}]
    (told,) = json.loads(written(sent, Setting(headers=("x-id",))).text)
    assert told["headers"] == {"x-id": "⟨uuid 1⟩"}


def test_a_matcher_sees_whole_lists_and_paths_within_the_body() -> None:
    """Whichever request it is; a filter of names works on shared messages too."""
    more = {**FIRST, "messages": [*FIRST["messages"], user("more")]}
    choice = Choice(matcher=path_type({"messages.2.content": (str,), "tools": (list,)}))
    first, second = json.loads(written(requests_of([FIRST, more]), Setting(choice=choice)).text)
    assert first["body"]["tools"] == "list"
    assert second["body"]["messages"][1:] == [{"role": "user", "content": "str"}]
    unnamed = Choice(exclude=lambda prop, path: prop == "role" and len(path) == 2)
    first, _ = json.loads(written(requests_of([FIRST, more]), Setting(choice=unnamed)).text)
    assert first["body"]["messages"] == [{"content": "hi"}, {"content": "ho"}]


def test_a_long_chat_costs_what_is_new_in_it() -> None:
    """Each message is written once, and looked at once, however often it is sent."""
    messages = [user(f"message {number}") for number in range(400)]
    looked: list[object] = []
    choice = Choice(exclude=lambda prop, path: bool(looked.append(prop)))  # type: ignore[func-returns-value]
    chat = requests_of([{"messages": messages[: size + 1]} for size in range(400)])
    text = written(chat, Setting(choice=choice)).text
    assert looked.count("role") == 400
    assert len(text) < 400 * 250
