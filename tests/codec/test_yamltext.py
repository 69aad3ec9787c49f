"""Promises of `nexdiag.codec.yamltext`: values in, values out, and nothing that a text wants done."""

import io
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from strategies import json_values, texts

from nexdiag.codec import yamltext

LAUGHS = b"a0: &a0 [x]\n" + b"".join(
    b"a%d: &a%d [%s]\n" % (level, level, b",".join([b"*a%d" % (level - 1)] * 10)) for level in range(1, 30)
)
"""Thirty short lines that stand for 10^29 entries."""


@given(json_values)
@example({"body": "a\r\nb\x85\u2028\x00\x1b😀"})
@example({"body": b"\xff\x00"})
@example({"a": "01", "b": "1:20", "c": "null", "d": "2026-01-01", "e": " x ", "f": "*a", "g": "- b", "h": "\ufeff"})
def test_what_is_written_is_read(value: object) -> None:
    """The law of inverses, for whatever JSON or a body holds."""
    assert yamltext.read(yamltext.write({"value": value})) == {"value": value}


@given(texts)
def test_vcrpy_reads_what_is_written(text: str) -> None:
    """The loader that vcrpy uses gives the same text."""
    assert yaml.load(yamltext.write({"a": text}), Loader=yaml.CSafeLoader) == {"a": text}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"[" * 100_000, "levels deep"),
        (b"a: " + b"{a: " * 100_000, "levels deep"),
        (b"- " * 50_000 + b"a", "levels deep"),
        (b"? " * 50_000 + b"a", "levels deep"),
        (b'!!python/object/apply:os.system ["echo"]', "could not determine a constructor"),
        (b"!!python/object/new:os.system {args: [echo]}", "could not determine a constructor"),
        (b"!!python/name:os.system", "could not determine a constructor"),
        (LAUGHS, "aliases"),
        (b"a: &a {x: 1}\nb: {<<: *a}", "merge"),
        (b"&a [*a]", "alias"),
        (b"*a", "alias"),
        (b"a: \x00", "control characters"),
        (b"\xff\xfe", "decode"),
        (b"{[a]: b}", "unhashable"),
        (b"a: 2001-13-45", "month"),
        (b"a:\n- " + b"1" * 10_000, "a number of 10,000 characters, line 2"),
        (b"a: 0x" + b"1" * 10_000, "a number of 10,002 characters, line 1"),
        (b"a: 0b" + b"1" * 100_000, "a number of"),
        (b"a: 1" + b":1" * 50_000, "a number of"),
        (b"a: 1" + b":1" * 50_000 + b".5", "a number of"),
        (b"!!int [a]", "scalar"),
        (b"!!bool x", "KeyError"),
        (b"!!python/object/new:_io.BytesIO x", "mapping"),
        (b"a\n---\nb", "another document"),
    ],
)
def test_a_hostile_text_is_one_line_of_refusal(text: bytes, why: str) -> None:
    """Not a crash of the C library, not an hour, not a command run."""
    with pytest.raises(ValueError, match=why) as told:
        yamltext.read(text)
    assert "\n" not in str(told.value)


def test_an_honest_alias_is_read() -> None:
    """A list that stands twice."""
    assert yamltext.read(b"a: &x [1, 2]\nb: *x\n") == {"a": [1, 2], "b": [1, 2]}


@pytest.mark.parametrize("value", [("a", b"\xff"), io.BytesIO(b"file \xff"), iter([b"pie", b"ces"])])
def test_what_vcrpy_writes_of_python_is_read(value: Any) -> None:  # noqa: ANN401 - three types of Python
    """Tuples, files and iterators: the tags that real cassettes hold."""
    wanted = {tuple: ["a", b"\xff"], io.BytesIO: b"file \xff"}.get(type(value), b"pieces")
    text = yaml.dump({"body": value}, Dumper=yaml.CDumper).encode()
    assert b"!!python/" in text
    assert yamltext.read(text) == {"body": wanted}
