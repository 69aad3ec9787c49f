"""A stub's answers, from a file."""

from pathlib import Path

import pytest

from nexdiag.core.errors import UsageError
from nexdiag.endpoint.script import read_script
from nexdiag.endpoint.stub import Answer, Call
from nexdiag.endpoint.stub.answers import Counted


def script(tmp_path: Path, name: str, text: str | bytes) -> tuple[Answer, ...]:
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_script(path)


def test_texts_are_divided_by_lines_of_dashes(tmp_path: Path) -> None:
    """Dashes within a line divide nothing; line ends of any system do."""
    read = script(tmp_path, "s.txt", b"\xef\xbb\xbfOne.\nstill --- one\r\n---\r\nTwo.\n--- \nThree.\n")
    assert [answer.text for answer in read] == ["One.\nstill --- one", "Two.", "Three."]


TOML = """
# a comment
[[answer]]
text = "One."
reasoning = "Hm."
usage = { input_tokens = 7 }

[[answer]]
tool_calls = [{ name = "get_day", arguments = { in = "Oslo" } }, { name = "f", arguments = "{", id = "c1" }]
finish_reason = "stop"

[[answer]]
status = 429
body = { error = { message = "slow down" } }
times = 2
"""
LINES = """
"One."
{"text": "One.", "reasoning": "Hm.", "usage": {"input_tokens": 7}}

{"tool_calls": [{"name": "get_day", "arguments": {"in": "Oslo"}}, {"name": "f", "arguments": "{", "id": "c1"}],
 "finish_reason": "stop"}
""".replace(",\n ", ", ")
WANTED = (
    Answer(text="One.", reasoning="Hm.", usage=Counted(input_tokens=7)),
    Answer(
        tool_calls=(Call(name="get_day", arguments={"in": "Oslo"}), Call(name="f", arguments="{", id="c1")),
        finish_reason="stop",
    ),
)


def test_tables_of_toml(tmp_path: Path) -> None:
    """An answer each: what is said, what is called, a failure."""
    failure = Answer(status=429, body={"error": {"message": "slow down"}}, times=2)
    assert script(tmp_path, "s.TOML", TOML) == (*WANTED, failure)
    assert script(tmp_path, "s.toml", 'answer = [{ text = "a" }, "b"]') == (Answer(text="a"), Answer(text="b"))


def test_json_lines(tmp_path: Path) -> None:
    """An answer a line: an object, or a text; empty lines are nothing."""
    assert script(tmp_path, "s.jsonl", LINES) == (Answer(text="One."), *WANTED)


@pytest.mark.parametrize(
    ("name", "text", "said", "hint"),
    [
        ("s.toml", "[[answer]]\ntext = @", r"no TOML: .*line 2", "[[answer]]"),
        ("s.toml", "[answer]\ntext = 'a'", r"wanted \[\[answer\]\]", "[[answer]]"),
        ("s.toml", "[[answers]]\ntext = 'a'", "found 'answers'", "[[answer]]"),
        ("s.toml", "\n[[answer]]\ntext='a'\n[[answer]]\ntxt='b'", "line 4: unknown key 'txt'", "did you mean text?"),
        ("s.toml", "", "holds no answer", "[[answer]]"),
        ("s.jsonl", '"a"\n{', "line 2: no JSON", "each line"),
        ("s.jsonl", '\n{"text": 7}', "line 2: wanted `str`, found `int` in text", "each line"),
        ("s.jsonl", "[]", "line 1: wanted `object`, found `array`", "each line"),
        ("s.jsonl", '{"status": 99}', "line 1: wanted `int` >= 200 in status", "each line"),
        ("s.jsonl", '{"tool_calls": [{"arguments": {}}]}', r"wanted the key 'name' in tool_calls\[0\]", "each line"),
        ("s.jsonl", '{"tool_calls": [{"nam": "f"}]}', r"unknown key 'nam' in tool_calls\[0\]", "did you mean name?"),
        ("s.jsonl", '{"usage": {"prompt_tokens": 1}}', "unknown key 'prompt_tokens' in usage", "input_tokens"),
        ("s.jsonl", '{"text": "a", "status": 500}', "line 1: an answer says something, or it is a failure", "each"),
        ("s.jsonl", "", "holds no answer", "each line"),
        ("s.txt", b"\xff\xfe\x00binary", "is not UTF-8 text", "---"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(
    tmp_path: Path, name: str, text: str | bytes, said: str, hint: str
) -> None:
    """What was wanted, what was found, and what would do."""
    with pytest.raises(UsageError, match=said) as told:
        script(tmp_path, name, text)
    assert told.value.what.startswith(str(tmp_path / name))
    assert hint in told.value.hint


@pytest.mark.parametrize("name", ["s.txt", "s.toml", "s.jsonl"])
def test_a_file_that_is_missing(tmp_path: Path, name: str) -> None:
    """It is named, with what would do."""
    with pytest.raises(UsageError, match=rf"{name} cannot be read"):
        read_script(tmp_path / name)
