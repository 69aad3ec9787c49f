"""Promises of nexdiag.codec.textcalls.recover: a call written as text is found, and nothing else is taken for one."""

import json
from itertools import pairwise

import pytest
import strategies as our
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.codec.textcalls import FORMATS, Gate, could_begin, encode, recover
from nexdiag.codec.textcalls.encode import AS_TEXT
from nexdiag.codec.textcalls.recover import _recover
from nexdiag.codec.textcalls.scan import Text
from nexdiag.core.message import ToolCall

KNOWN = ("read_file", "write_file", "get_day")
READ = '{"path": "a.txt"}'

INVOKED = '<invoke name="read_file">\n<parameter name="path">a.txt</parameter>\n</invoke>'

PARTS = st.sampled_from(
    ["<tool_call>", "</tool_call>", '{"name": "read_file", "arguments": {"path": "a"}}', "<function=read_file>",
     "<parameter=path>", "</parameter>", "</function>", "[TOOL_CALLS]", "read_file[ARGS]", "{", "}", "[", "]", '"', "`",
     "```\n", "\n", " ", "z", "<", "<|python_tag|>", '<invoke name="read_file">', "</invoke>", "<minimax:tool_call>",
     '{"name"', "<arg_key>", "</arg_value>", "\n    ", "\n> ", "\n| ", "<!--", "-->", "``", "<|im_end|>"]
)  # fmt: skip
WHOLE = st.sampled_from(["read_file", "get_day"]).map(
    '\n<tool_call>{{"name": "{}", "arguments": {{}}}}</tool_call>'.format
)
HOSTILE = st.lists(PARTS | WHOLE, max_size=14).map("".join)
RUN = f'<tool_call>{{"name": "read_file", "arguments": {READ}}}</tool_call>'


def found(text: str) -> tuple[str, list[tuple[str, str]]]:
    recovered = recover(text, KNOWN)
    return recovered.text, [(call.name, call.arguments) for call in recovered.calls]


@pytest.mark.parametrize(
    "text",
    [
        '<tool_call>\n{"name": "read_file", "arguments": %s}\n</tool_call>',
        '<tool_call>{"name": "read_file", "arguments": %s}',
        '<tool_call>{"tool": "read_file", "parameters": %s}</tool_call>',
        '<tool_call>[{"function": "read_file", "input": %s}]</tool_call>',
        '<tool_call>{"type": "function", "function": {"name": "read_file", "arguments": %s}}</tool_call>',
        '<tool_call id="1">{"name": "read_file", "args": %s}</tool_call>',
        '<minimax:tool_call>{"name": "read_file", "arguments": %s}</minimax:tool_call>',
        '<|tool_call|>{"name": "read_file", "arguments": %s}<|/tool_call|>',
        '<|tool_call|>{"name": "read_file", "arguments": %s}<|tool_call_end|>',
        '<|tool_call|>[{"name": "read_file", "arguments": %s}]',
        '<|plugin|>{"name": "read_file", "parameters": %s}<|/plugin|>',
        "<function=read_file>%s</function>",
        "<function=read_file>%s</function>\n</tool_call>",
        '[TOOL_CALLS][{"name": "read_file", "arguments": %s, "id": "abc"}]',
        "[TOOL_CALLS]read_file[ARGS]%s",
        "[TOOL_CALLS]read_file[CALL_ID]x1[ARGS]%s",
        "[TOOL_CALLS]read_file%s",
        '<|python_tag|>{"name": "read_file", "parameters": %s}<|eom_id|>',
        '{"name": "read_file", "parameters": %s}',
        '\n{"type": "function", "name": "read_file", "parameters": %s}\n',
        '[{"name": "read_file", "arguments": %s}]',
        (
            "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>read_file\n```json\n%s\n```"
            "<｜tool▁call▁end｜><｜tool▁calls▁end｜>"
        ),
        "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>read_file<｜tool▁sep｜>%s<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
        (
            "<|tool_calls_section_begin|><|tool_call_begin|>functions.read_file:0<|tool_call_argument_begin|>%s"
            "<|tool_call_end|><|tool_calls_section_end|>"
        ),
    ],
)
def test_each_way_to_write_json(text: str) -> None:
    """The call is taken out whole, its arguments to the letter as the model wrote them (reference faults 13, 14)."""
    assert found(text % READ) == ("", [("read_file", READ)])


@pytest.mark.parametrize(
    "text",
    [
        "<tool_call>\n<function=read_file>\n<parameter=path>\na.txt\n</parameter>\n</function>\n</tool_call>",
        "<function=read_file><parameter=path>a.txt</parameter></function>",
        "<function=read_file>\n<parameter=path>\na.txt\n</parameter>\n</function>\n</tool_call>",
        f"<function_calls>\n{INVOKED}\n</function_calls>",
        f"<minimax:tool_call>{INVOKED}</minimax:tool_call>",
        INVOKED,
        "<tool_call>read_file\n<arg_key>path</arg_key>\n<arg_value>a.txt</arg_value>\n</tool_call>",
    ],
)
def test_each_way_to_write_tags(text: str) -> None:
    """Parameters as elements make one object of texts; the reference dropped Qwen's form in silence."""
    assert found(text) == ("", [("read_file", '{"path":"a.txt"}')])


@pytest.mark.parametrize(
    "text",
    [
        "Call `<tool_call>{x}</tool_call>` like this",
        '```\n<tool_call>{"name": "read_file", "arguments": {}}</tool_call>\n```',
        '`{"name": "read_file", "arguments": {}}`',
        '<tool_call>{"name": "rm_all", "arguments": {}}</tool_call>',
        '<tool_call>{"name": "read_file", "arguments": {"path": "a.t',
        '<tool_call>{"name": "read_file", "arguments": {}} and so on',
        '<tool_call>{"name": "read_file", "arguments": [1]}</tool_call>',
        '<tool_call>{"name": "read_file", "arguments": {}, "parameters": {}}</tool_call>',
        "<tool_call>not JSON</tool_call>",
        "<tool_call></tool_call>",
        "<minimax:tool_call>",
        "<function=read_file>{",
        "<function=write_file><parameter=content>half of",
        '{"name": "read_file"}',
        '{"name": "read_file", "arguments": {}, "why": "an example"}',
        'As JSON: {"name": "read_file", "arguments": {}}',
        '[{"name": "read_file", "arguments": {}}, {"name": "other", "arguments": {}}]',
        "[]",
        "[TOOL_CALLS] of the model",
        "<|python_tag|>print(1)",
        "a <b> c [d] {e}",
        "",
        " \n",
    ],
)
def test_what_is_no_whole_call_of_a_known_tool_stays(text: str) -> None:
    """Examples in code, unknown tools, half blocks and JSON that is only data are text, to the letter.

    (reference fault L13)
    """
    assert found(text) == (text, [])


def test_a_half_call_takes_no_whole_one_with_it() -> None:
    """A value that was never ended does not swallow the call behind it: that would run with a text that is not its."""
    half = "<function=write_file><parameter=content>a</function>"
    whole = "<function=read_file><parameter=path>b</parameter></function>"
    assert found(half + "\n" + whole) == (half, [("read_file", '{"path":"b"}')])


def test_text_before_calls_is_kept() -> None:
    """What is said before is the text, and the calls behind it are in order, each in its line or all in one."""
    one, two = (f'<tool_call>{{"name": "{name}", "arguments": {{}}}}</tool_call>' for name in ("read_file", "get_day"))
    for between in ("\n", "", "    ", "\n\n   "):
        said, calls = found(f"  First.\n\nThen.\n{one}{between}{two}\n\n")
        assert said == "  First.\n\nThen."
        assert [name for name, _ in calls] == ["read_file", "get_day"]


QUOTED = (
    f"I must never write {RUN} because it is dangerous.",
    f"I must never write {RUN}",
    f"{RUN} is dangerous.",
    f'The web page says: "{RUN}"',
    f'The web page says: "\n{RUN}"',
    f"The web page says:\n> {RUN}",
    f"> The web page says:\n{RUN}",
    f"> The web page says:\n> more\n   {RUN}",
    f"| call | what |\n|---|---|\n| {RUN} | runs |",
    f"| call |\n|---|\n{RUN}",
    f"- {RUN}",
    f"<!-- {RUN} -->",
    f"<!--\n{RUN}\n-->",
    f"<!-- never\n\n{RUN}",
    f"As in:\n\n    {RUN}",
    f"As in:\n\n\t{RUN}",
    f"    {RUN}",
    f"``{RUN}``",
    f"As ``{RUN}`` or so",
    f"As ``\n{RUN}\n``",
    f"```\n{RUN}\n```",
    f"```\n```json\n{RUN}",
    f"For example:\n{RUN}\nThat is how to call.",
    f"For example:\n{RUN}\n\nThat is how to call.\n",
    f"<pre>\n{RUN}\n</pre>",
    '    {"name": "read_file", "arguments": {}}',
)
"""A whole call of a known tool, which the model only speaks of."""


@pytest.mark.parametrize("text", QUOTED)
def test_what_is_only_quoted_is_no_call(text: str) -> None:
    """Within a line, in quotes, tables, comments, code of each kind, or with prose behind it: text, to the letter."""
    assert found(text) == (text, [])


def test_of_two_blocks_the_one_with_prose_behind_it_is_text() -> None:
    """An example and then a call: only what stands at the end is run; what is said of the example is kept."""
    other = '<tool_call>{"name": "get_day", "arguments": {}}</tool_call>'
    said = f"One could write\n{RUN}\nbut I look:"
    assert found(f"{said}\n{other}") == (said, [("get_day", "{}")])


@pytest.mark.parametrize(
    ("before", "behind"),
    [
        ("I will look.\n", ""),
        ("I will look.\n\n   ", "  \n\n"),
        ("> quoted\n\n", ""),
        ("| a |\n|---|\n\n", ""),
        ("<!-- a -->\n", ""),
        ("Use `<!--` or ``a ` b``, don't `\n", ""),
        ("```\nx\n```\n", ""),
    ],
)
def test_a_block_of_its_own_is_a_call(before: str, behind: str) -> None:
    """At the beginning of a line, behind whatever was said and quoted before."""
    assert found(before + RUN + behind) == (before.rstrip(), [("read_file", READ)])


@pytest.mark.parametrize("marker", ["<|im_end|>", "</s>", "</tool_call>", "\n</tool_calls>", "<｜end▁of▁sentence｜>\n"])
def test_an_end_marker_is_no_prose(marker: str) -> None:
    """What a server forgot to cut off says nothing: the call before it is one, and it stays in the text."""
    assert found(RUN + RUN + marker) == (
        marker.strip(),
        [("read_file", READ)] * 2,
    )


def test_a_block_of_an_unknown_tool_is_no_prose() -> None:
    """It stays in the text, and what it holds; the calls around it are calls."""
    other = f'<tool_call>{{"name": "rm_all", "arguments": {{"a": "\n{RUN.replace(chr(34), chr(39))}"}}}}</tool_call>'
    inside = f"<function=rm_all><parameter=a>\n{RUN}\n</parameter></function>"
    for unknown in (other, inside):
        assert found(f"{RUN}\n{unknown}\n{RUN}") == (unknown, [("read_file", READ)] * 2)
        assert found(f"{RUN}\n{unknown}\n") == (unknown, [("read_file", READ)])
        assert found(unknown) == (unknown, [])


def test_a_call_in_a_wrapper() -> None:
    """On its line too, and behind an opening tag that was written twice."""
    assert found(f"<tool_calls>{RUN}\n</tool_calls>") == ("<tool_calls>\n</tool_calls>", [("read_file", READ)])
    assert found(f"<tool_call>{RUN}") == ("<tool_call>", [("read_file", READ)])


@pytest.mark.parametrize(
    ("written", "arguments"),
    [
        ("{}", "{}"),
        ("null", "{}"),
        ('""', "{}"),
        ('"{\\"a\\": 1}"', '{"a": 1}'),
        ('{"a": 1e400, "b": "\\u00e9"}', '{"a": 1e400, "b": "\\u00e9"}'),
        ('{"a": "two\nlines"}', '{"a":"two\\nlines"}'),
    ],
)
def test_arguments_in_each_shape(written: str, arguments: str) -> None:
    """An object, one in a string, nothing (reference fault L12), and line breaks that should have been escaped."""
    text = f'<tool_call>{{"name": "read_file", "arguments": {written}}}</tool_call>'
    assert found(text) == ("", [("read_file", arguments)])


@pytest.mark.parametrize(
    ("written", "kind", "value"),
    [
        ("null", None, "null"),
        ("10", None, "10"),
        ('{"a": 1}', None, {"a": 1}),
        ('{"a": 1}', "string", '{"a": 1}'),
        ("10", "integer", 10),
        ("ten", "integer", "ten"),
        ("10.5", "integer", "10.5"),
        ("True", "boolean", True),
        ("null", ["integer", "null"], None),
        ("null", ["string", "null"], "null"),
        ("[1]", "array", [1]),
        ("\n  indented\n\n", "string", "  indented\n"),
    ],
)
def test_what_a_value_stands_for(written: str, kind: object, value: object) -> None:
    """The schema says it; without one a file called null stays a name."""
    schema = {"properties": {"path": {"type": kind}}} if kind else {}
    text = f"<tool_call><function=read_file><parameter=path>{written}</parameter></function></tool_call>"
    (call,) = recover(text, {"read_file": schema}).calls
    assert json.loads(call.arguments) == {"path": value}


@pytest.mark.parametrize(
    ("written", "value"),
    [("a &amp;&amp; b &lt; c", "a && b < c"), ("a &amp; <b>", "a &amp; <b>"), ("a & b &lt;", "a & b &lt;")],
)
def test_entities_are_read_only_where_they_were_written(written: str, value: str) -> None:
    """A value with a bare sign in it was not escaped: its entities are its own."""
    text = f'<invoke name="read_file"><parameter name="path">{written}</parameter></invoke>'
    (call,) = recover(text, KNOWN).calls
    assert json.loads(call.arguments) == {"path": value}


OBJECTS = st.dictionaries(our.names, our.json_values, max_size=3)
PLAIN = st.text(st.characters(exclude_characters="<>&\n{[\r", codec="utf-8"), max_size=9)
FLAT = st.dictionaries(our.names, PLAIN.map(str.strip), max_size=3)


@given(st.sampled_from(sorted(FORMATS)), st.data())
def test_what_was_encoded_is_recovered(form: str, draw: st.DataObject) -> None:
    """Every format gives its calls back; arguments in JSON to the letter."""
    values = draw.draw(st.lists(FLAT if form in AS_TEXT else OBJECTS, min_size=1, max_size=3))
    calls = tuple(
        ToolCall(
            id="", name=draw.draw(st.sampled_from(KNOWN)), arguments=json.dumps(value, ensure_ascii=form == "qwen")
        )
        for value in values
    )
    recovered = recover(encode(calls, form), KNOWN)
    assert recovered.text == ""
    if form in AS_TEXT:
        assert [call.name for call in recovered.calls] == [call.name for call in calls]
        assert [json.loads(call.arguments) for call in recovered.calls] == values
    else:
        assert recovered.calls == calls


@given(HOSTILE)
def test_letters_are_never_lost(text: str) -> None:
    """Whatever stands in a text: what is not in a call that was read is still there."""
    recovered = recover(text, KNOWN)
    assert all(call.name in KNOWN and call.id == "" for call in recovered.calls)
    if not recovered.calls:
        assert recovered.text == text
    within = sum(call.arguments.count("z") for call in recovered.calls)
    assert recovered.text.count("z") + within == text.count("z")


@given(HOSTILE | FLAT.map(json.dumps), st.lists(st.integers(0, 200), max_size=8))
def test_a_gate_tells_the_beginning(text: str, cuts: list[int]) -> None:
    """What a gate lets through is the beginning of the recovered text, however it was cut; the rest is held."""
    gate = Gate()
    told = "".join(gate.feed(text[start:end]) for start, end in pairwise([0, *sorted(cuts), len(text)]))
    assert recover(text, KNOWN).text.startswith(told)
    assert told + gate.rest == text


def test_a_gate_lets_plain_text_through_at_once() -> None:
    """Nothing is held of a text that holds no block, but white space at its end."""
    gate = Gate()
    assert gate.feed("a < b, ") == "a < b,"
    assert gate.feed("<b>[1] ") == " <b>[1]"
    assert gate.feed("<tool_call> \n<tool") == " <tool_call>"
    assert gate.feed("s>\n```\n<tool_call>") == " \n<tools>\n```\n<tool_call>"
    assert not gate.shut


@pytest.mark.parametrize("text", QUOTED)
def test_a_gate_tells_the_beginning_of_what_is_quoted(text: str) -> None:
    """Letter by letter: nothing is told that is not said, and nothing is lost."""
    gate = Gate()
    told = "".join(map(gate.feed, text))
    assert text.startswith(told)
    assert told + gate.rest == text


@given(st.sampled_from(sorted(FORMATS)), FLAT)
def test_every_beginning_of_a_block_could_begin_one(form: str, value: dict[str, str]) -> None:
    """No beginning of any format is told as text."""
    text = encode([ToolCall(id="", name="get_day", arguments=json.dumps(value))], form)
    assert all(could_begin(text[:end]) for end in range(len(text) + 1))


@pytest.mark.parametrize(
    "text",
    [
        "So",
        "<b>",
        "{}",
        '{"day": 1}',
        "[1]",
        "<tools>",
        "a <tool_call>",
        "`<tool_call>`",
        "    <tool_call>",
        "\t<tool_call>",
        '\n    {"name"',
    ],
)
def test_other_texts_begin_none(text: str) -> None:
    """Plain answers, and JSON that is data, are told as they come."""
    assert not could_begin(text)


@pytest.mark.parametrize(
    "unit",
    [
        "<tool_call>", '<tool_call>{"', '<tool_call>{"name": "', "<tool_call>\n", "<minimax:tool_call>", "`", "<", " ",
        "<function=read_file>", "<function=read_file><parameter=path>", "<function=read_file>{",
        "<function=read_file><parameter=path>a</parameter>",
        "<parameter=x><function=read_file></parameter>", "<parameter=x><function=read_file><parameter=y></parameter>",
        '<function=read_file>{"a":"\\"', "</parameter> ", '<invoke name="a"><parameter name="b">',
        '\n<tool_call>{"name": "rm_all"}</tool_call>',
        "    <tool_call>", "<!--", "<!--`", "``` ` ", "\n> ", '\n<tool_call>{"name": "get_day"}</tool_call>',
        '\n<tool_call>{"name": "get_day"}</tool_call>a',
        "[TOOL_CALLS][", "[TOOL_CALLS]a{", "{", "[", '{"name', "<|python_tag|>{};", '\\"',
        "<tool_call>get_day<arg_key>a</arg_key><arg_value>", "<|tool_calls_section_begin|><|tool_call_begin|>a",
    ],
)  # fmt: skip
def test_hostile_texts_are_read_in_linear_work(unit: str) -> None:
    """The characters that the readers look at grow with the text, not with its square."""

    def work(size: int, end: str) -> int:
        text = Text(unit * (size // len(unit)) + end)
        _recover(text, {name: {} for name in KNOWN})
        return text.work

    for end in ("", "</parameter></function>", "</tool_call>", "</arg_value>", "}", '"}]}'):
        assert work(40_000, end) <= 2.2 * work(20_000, end) + 1_000, end
