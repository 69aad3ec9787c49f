"""Promises of the model that is made on the spot: real refusals, answers that are never empty, calls that fit."""

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from nexdiag.core.errors import UsageError
from nexdiag.endpoint import llama
from nexdiag.endpoint.tiny_model import ALTERNATE, CALLS, TOOL_TEMPLATE, extra, write_tiny_model

TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "add",
            "description": "Add a number to a text.",
            "parameters": {
                "type": "object",
                "properties": {"a": {"type": "integer"}, "b": {"type": "string"}},
                "required": ["a", "b"],
            },
        },
    }
]
CALL = {"id": "c1", "type": "function", "function": {"name": "add", "arguments": '{"a": 1, "b": "2"}'}}


def user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def assistant(text: str) -> dict[str, Any]:
    return {"role": "assistant", "content": text}


CALLING = {"role": "assistant", "content": None, "tool_calls": [CALL]}
RESULT = {"role": "tool", "tool_call_id": "c1", "content": "3"}
SYSTEM = {"role": "system", "content": "Be brief."}


@pytest.fixture(scope="module")
def strict() -> Iterator[httpx.Client]:
    with llama.running() as address, httpx.Client(base_url=f"{address}/v1") as client:
        yield client


@pytest.fixture(scope="module")
def calling() -> Iterator[httpx.Client]:
    with (
        llama.running(template=TOOL_TEMPLATE, tool_bias=CALLS) as address,
        httpx.Client(base_url=f"{address}/v1") as client,
    ):
        yield client


def ask(client: httpx.Client, *messages: dict[str, Any], **fields: object) -> httpx.Response:
    return client.post("/chat/completions", json={"model": "any", "messages": messages, **fields})


def choice(response: httpx.Response) -> dict[str, Any]:
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()["choices"][0]
    return found


@pytest.mark.real
def test_written_model_is_small_quick_and_repeatable(tmp_path: Path) -> None:
    """Equal arguments make equal files of half a megabyte in well under a second; another seed makes another."""
    extra("gguf")  # its import is not what is timed
    started = time.perf_counter()
    write_tiny_model(tmp_path / "a.gguf")
    assert time.perf_counter() - started < 1
    write_tiny_model(tmp_path / "b.gguf")
    write_tiny_model(tmp_path / "c.gguf", seed=12)
    first, same, other = ((tmp_path / name).read_bytes() for name in ("a.gguf", "b.gguf", "c.gguf"))
    assert 300_000 < len(first) < 700_000
    assert first == same
    assert first != other


def test_missing_extra_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without the extra, a usage error names it and the command that brings it."""
    monkeypatch.setitem(sys.modules, "gguf", None)
    with pytest.raises(UsageError, match=r"nexdiag\[llama\] is not installed") as caught:
        write_tiny_model(tmp_path / "a.gguf")
    assert caught.value.hint == "pip install 'nexdiag[llama]'"


@pytest.mark.real
@pytest.mark.parametrize(
    "messages",
    [
        pytest.param([user("one"), user("two")], id="two users"),
        pytest.param([SYSTEM, user("one"), user("two")], id="two users after a system message"),
        pytest.param([user("one"), assistant("two"), assistant("three"), user("four")], id="two assistants"),
        pytest.param([assistant("one"), user("two")], id="assistant first"),
        pytest.param([user("one"), CALLING, RESULT, user("two")], id="user after a tool"),
        pytest.param([user("one"), RESULT], id="tool after a user"),
    ],
)
def test_strict_template_refuses(strict: httpx.Client, messages: list[dict[str, Any]]) -> None:
    """Roles that do not alternate are refused in the words of the Mistral family."""
    response = ask(strict, *messages)
    assert response.status_code == 400
    assert ALTERNATE in response.json()["error"]["message"]


@pytest.mark.real
@pytest.mark.parametrize(
    "messages",
    [
        pytest.param([user("one")], id="one user"),
        pytest.param([SYSTEM, user("one"), assistant("two"), user("three")], id="system slot"),
        pytest.param([user("one"), CALLING, RESULT], id="tool after the assistant"),
        pytest.param([user("one"), CALLING, RESULT, RESULT], id="two tools after the assistant"),
        pytest.param([user("one"), CALLING, RESULT, assistant("3"), user("two")], id="a whole tool turn"),
    ],
)
def test_strict_template_accepts(strict: httpx.Client, messages: list[dict[str, Any]]) -> None:
    """A proper conversation is answered with words, and the answer ends by itself."""
    found = choice(ask(strict, *messages))
    assert found["message"]["content"].strip()
    assert found["finish_reason"] == "stop"


@pytest.mark.real
def test_system_message_in_the_middle_is_refused(strict: httpx.Client) -> None:
    """The template has a place for one system message, and that is the first."""
    response = ask(strict, user("one"), assistant("two"), SYSTEM)
    assert response.status_code == 400
    assert "beginning" in response.json()["error"]["message"]


@pytest.mark.real
def test_answers_are_never_empty(strict: httpx.Client) -> None:
    """Whatever is said, words come back, and they end long before a limit."""
    for number in range(40):
        found = choice(ask(strict, user(f"message {number}"), max_tokens=4096))
        assert found["message"]["content"].strip()
        assert found["finish_reason"] == "stop"


@pytest.mark.real
@pytest.mark.parametrize("wanted", ["auto", "required"])
def test_tool_template_calls_a_tool(calling: httpx.Client, wanted: str) -> None:
    """With tools on offer a user gets one whole call whose arguments fit the schema."""
    fields = {"tools": TOOLS, "tool_choice": wanted, "parallel_tool_calls": True}
    found = choice(ask(calling, user("What is 1 and two?"), **fields))
    assert found["finish_reason"] == "tool_calls"
    (call,) = found["message"]["tool_calls"]
    arguments = json.loads(call["function"]["arguments"])
    assert call["function"]["name"] == "add"
    assert {name: type(value) for name, value in arguments.items()} == {"a": int, "b": str}


@pytest.mark.real
def test_tool_template_ends_the_round_trip(calling: httpx.Client) -> None:
    """When the tool has answered, the model talks, so that an agent loop comes to its end."""
    found = choice(ask(calling, user("What is 1 and two?"), CALLING, RESULT, tools=TOOLS))
    assert found["finish_reason"] == "stop"
    assert found["message"]["content"].strip()
    assert not found["message"].get("tool_calls")


@pytest.mark.real
def test_tool_template_talks_without_tools(calling: httpx.Client) -> None:
    """Without tools on offer nothing is called, in any order of roles."""
    found = choice(ask(calling, SYSTEM, user("one"), user("two")))
    assert found["message"]["content"].strip()
    assert "tool_call" not in found["message"]["content"]
