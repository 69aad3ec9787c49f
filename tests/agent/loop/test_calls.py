"""Promises of nexdiag.agent.loop.calls: a call that goes back in the history is one that every server takes."""

import json
import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import arguments, texts, tool_calls

from nexdiag.agent.loop import calls
from nexdiag.core.message import Message, Reply, ToolCall

anything = st.builds(ToolCall, id=texts, name=texts, arguments=arguments | texts)


def call(text: str, name: str = "bash", call_id: str = "a") -> ToolCall:
    return ToolCall(id=call_id, name=name, arguments=text)


@given(st.lists(anything, max_size=5), st.lists(tool_calls(), max_size=4))
def test_ids_are_told_apart(wanted: list[ToolCall], earlier: list[tuple[ToolCall, ...]]) -> None:
    """Every id is there once in the whole conversation; an id that was good stays; nothing else changes."""
    messages = [Message(role="assistant", tool_calls=some) for some in earlier]
    apart = calls.told_apart(wanted, messages)
    taken = {one.id for some in earlier for one in some}
    assert len({one.id for one in apart} - taken) == len(wanted)
    assert all(one.id for one in apart)
    for before, after in zip(wanted, apart, strict=True):
        assert msgspec.structs.replace(after, id=before.id) == before
        assert after.id == before.id or re.fullmatch(r"call\d{5}", after.id)


def test_the_first_of_two_keeps_its_id() -> None:
    """A server that sends one id twice, or none, or one of ours, is told apart."""
    earlier = [Message(role="assistant", tool_calls=(call("{}", call_id="call00001"),))]
    wanted = [call("{}", call_id=name) for name in ("a", "a", "", "call00001", "call00004")]
    names = [one.id for one in calls.told_apart(wanted, earlier)]
    assert names == ["a", "call00002", "call00003", "call00004", "call00005"]


@given(anything)
def test_kept_calls_are_taken_by_the_strictest_server(sent: ToolCall) -> None:
    """Arguments are a JSON object that a strict reader reads, a name fits the pattern, and the id is the same."""
    kept = calls.kept(sent)
    assert isinstance(msgspec.json.decode(kept.arguments), dict)
    assert re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", kept.name)
    assert kept.id == sent.id
    assert calls.kept(kept) == kept


@given(st.dictionaries(texts, st.integers() | st.none(), max_size=3), st.sampled_from([None, 1]))
def test_a_good_object_stays_as_it_was_sent(value: dict[str, int | None], indent: int | None) -> None:
    """White space and order are the model's own; to change them would break the server's prompt cache."""
    text = json.dumps(value, indent=indent)
    assert calls.kept(call(text)).arguments == text


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("", "{}"),
        (" \n", "{}"),
        ('{"path": "a', '{"invalid_json":"{\\"path\\": \\"a"}'),
        ("[1]", '{"invalid_json":"[1]"}'),
        ('"{}"', '{"invalid_json":"\\"{}\\""}'),
        ("null", '{"invalid_json":"null"}'),
        ('{"a": NaN}', '{"a":null}'),
        ("x" * 9999, '{"invalid_json":"' + "x" * 500 + '"}'),
    ],
)
def test_what_is_no_object_is_kept_as_one_that_shows_it(sent: str, kept: str) -> None:
    """The model sees how it began, and a server never sees broken JSON."""
    assert calls.kept(call(sent)).arguments == kept


def test_brackets_without_end_are_no_danger() -> None:
    """Arguments that are nested too deeply to be read are kept as a text."""
    deep = '{"a":' * 100_000 + "1" + "}" * 100_000
    assert list(json.loads(calls.kept(call(deep)).arguments)) == ["invalid_json"]


@pytest.mark.parametrize(
    ("name", "kept"), [("read file", "read_file"), ("", "unknown"), ("a.b/ü", "a_b__"), ("x" * 99, "x" * 64)]
)
def test_a_name_that_breaks_the_pattern_is_mended(name: str, kept: str) -> None:
    """OpenAI and mistral-common check names in the history too."""
    assert calls.kept(call("{}", name)).name == kept


@pytest.mark.parametrize(
    ("finish", "sent", "cut"),
    [
        ("length", '{"path": "a', True),
        ("max_tokens", "", True),
        ("model_length", "", True),
        ("content_filter", '{"path": "a', True),
        ("content_filter", '{"path": "a"}', False),
        ("length", " ", True),
        ("length", '{"path": "a"}', False),
        ("tool_calls", "", False),
        ("tool_calls", '{"path": "a', False),
        (None, '{"path"', False),
    ],
)
def test_only_the_server_cuts_a_call_off(finish: str | None, sent: str, cut: bool) -> None:
    """At a limit a last call without a whole object is cut, also an empty one; else it is the model's choice."""
    message = Message(role="assistant", tool_calls=(call("{"), call(sent)))
    assert calls.cut_off(Reply(message=message, finish_reason=finish)) == cut
    assert not calls.cut_off(Reply(message=Message(role="assistant"), finish_reason=finish))


def test_a_call_that_may_stand_as_it_is_is_not_touched() -> None:
    """The very same object: what did not change need not be compared."""
    message = Message(role="assistant", tool_calls=(call('{"a": 1}'),))
    assert calls.mended(message) is message
    assert calls.kept(message.tool_calls[0]) is message.tool_calls[0]


@pytest.mark.parametrize(
    ("window", "size", "over"),
    [(None, 2**18, False), (None, 2**18 + 1, True), (2000, 1200, False), (2000, 1204, True), (500, 2**18 + 1, True)],
)
def test_arguments_that_fill_the_window_are_seen(window: int | None, size: int, over: bool) -> None:
    """More than a seventh of it in one call (reference fault 36); 256 KiB where it is not known."""
    assert calls.oversized(call("x" * size), window) == over
    assert calls.oversized(call("é" * (size // 2) + "x" * (size % 2)), None) == (size > 2**18)


def test_a_call_that_is_too_long_stays_in_short() -> None:
    """The history holds how it began and how long it was; the model hears what to do instead."""
    long = call('{"content": "' + "x" * 9000)
    short = calls.shortened(long)
    assert json.loads(short.arguments) == {"shortened": long.arguments[:500], "characters": len(long.arguments)}
    assert calls.mended(Message(role="assistant", tool_calls=(short,))).tool_calls == (short,)
    assert "smaller pieces" in calls.too_long(long)
