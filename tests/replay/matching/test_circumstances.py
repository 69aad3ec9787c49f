"""Promises of `nexdiag.replay.matching.circumstances`."""

import json

from hypothesis import given
from strategies import json_values

from nexdiag.codec.body import Splitter
from nexdiag.core.body import Body
from nexdiag.replay.matching.canonical import values_of
from nexdiag.replay.matching.circumstances import Learner, Told
from nexdiag.replay.matching.directories import MOST


def told(*said: tuple[str, object], **fields: object) -> Told:
    """What a chat tells."""
    messages = [{"role": role, "content": content} for role, content in said]
    body = Splitter().split(json.dumps({"messages": messages, **fields}, separators=(",", ":")).encode())
    whole = Body.of(body.join())
    found = Learner().told(values_of(body) or {})
    assert found == Learner().told(values_of(whole) or {})
    return found


def test_the_sender_s_own_setup_names_directories() -> None:
    """Instructions, system and developer wherever they stand, and the user up to the first words of a person."""
    found = told(
        ("system", "cwd: /sys"),
        ("user", "<environment_context><cwd>/env</cwd></environment_context>"),
        ("user", [{"type": "text", "text": "Working directory: /mine"}]),
        ("assistant", "cwd: /model"),
        ("user", "cwd: /later"),
        ("tool", "cwd: /tool"),
        system=[{"type": "text", "text": "cwd: /first"}],
        tools=["cwd: /no"],
        metadata={"cwd": "/no"},
    )
    assert found.directories == ("/first", "/sys", "/env", "/mine")
    assert told(("user", "a"), ("developer", "cwd: /late")).directories == ("/late",)
    assert Learner().told({"input": b'"cwd: /text"', "instructions": b'"cwd: /i"'}).directories == ("/i", "/text")


def test_a_tool_s_arguments_and_results_name_nothing() -> None:
    """They are what the model asked for."""
    asked = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": '{"cwd":"/etc/prod"}'}}
    messages = [{"role": "user", "content": "go"}, {"role": "assistant", "tool_calls": [asked]}]
    assert told(messages=messages).directories == ()
    items = [
        {"type": "function_call", "arguments": '{"cwd":"/a"}'},
        {"type": "function_call_output", "output": "cwd: /a"},
    ]
    assert told(input=items).directories == ()


def test_today_is_what_the_sender_calls_so_if_it_may_be() -> None:
    """In its zone: within a day of the day in UTC."""
    found = told(("system", "Today is 2026-11-24."), ("user", "hi"))
    assert (found.today(20_780), found.today(20_785), found.today(None)) == (20_781, 20_785, None)
    assert told(("user", "on 2026-11-24")).today(20_780) == 20_780


def test_few_are_learnt() -> None:
    """A request names few directories: who names more goes on counting the later ones."""
    assert len(told(*[("system", f"cwd: /dir{number}") for number in range(9)]).directories) == MOST


@given(json_values)
def test_any_value_is_borne(value: object) -> None:
    """Whatever a client sends."""
    raw = json.dumps(value).encode()
    Learner().told({"messages": raw, "system": raw, "input": b"[%s]" % raw, "instructions": b"no JSON"})
    told(("user", value), ("system", value))
