"""A stub's answers ⇐ a file: paragraphs of text, TOML or JSON Lines, by the end of its name.

    *.toml    an array of tables [[answer]]      *.jsonl   an answer a line: an object, or a text
    others    texts, divided by lines of ---

Law: what is wrong is told with its line, and nothing is guessed or left out.
"""

import re
import tomllib
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import msgspec

from nexdiag.codec import jsontext
from nexdiag.core.errors import UsageError
from nexdiag.endpoint.stub.answers import Answer, Call, Counted

_HINTS = {
    ".toml": 'answers are tables: [[answer]], then text = "..." or tool_calls = [{ name = "...", arguments = {} }]',
    ".jsonl": 'each line is an answer: {"text": "..."}, {"tool_calls": [{"name": "...", "arguments": {}}]} or "..."',
}
_TEXT = "a text file is wanted: answers, divided by lines of ---; or a *.toml or *.jsonl file"
_TABLE = re.compile(r"^[ \t]*\[\[[ \t]*answer[ \t]*\]\]", re.MULTILINE)
_UNKNOWN = re.compile(r"contains unknown field `(.*?)`(?: - at `\$(.*)`)?")
_KEYS = {
    "": Answer.__struct_fields__,
    ".tool_calls[n]": Call.__struct_fields__,
    ".usage": Counted.__struct_fields__,
}
"""What an answer may hold, by the place in it."""


def read_script(path: Path) -> tuple[Answer, ...]:
    """The answers in a file, in their order. Raises `UsageError` for a file that cannot be read so."""
    kind = path.suffix.lower()
    hint = _HINTS.get(kind, _TEXT)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}", hint=hint) from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8 text (byte {error.start})", hint=hint) from error
    if kind not in _HINTS:
        return tuple(Answer(text=part.strip()) for part in re.split(r"^---[ \t]*$", text, flags=re.MULTILINE))
    entries = _toml(path, text) if kind == ".toml" else _lines(path, text)
    answers = tuple(_answer(path, line, value) for line, value in entries)
    if not answers:
        raise UsageError(f"{path} holds no answer", hint=hint)
    return answers


def _toml(path: Path, text: str) -> Iterator[tuple[int, Any]]:
    """The tables of a TOML file, each with its line."""
    try:
        value = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(f"{path} is no TOML: {error}", hint=_HINTS[".toml"]) from None
    strays = [key for key in value if key != "answer"]
    if strays:
        raise UsageError(f"{path}: wanted only [[answer]], found {strays[0]!r}", hint=_HINTS[".toml"])
    answers = value.get("answer", [])
    if not isinstance(answers, list):
        raise UsageError(f"{path}: wanted [[answer]], found [answer] once", hint=_HINTS[".toml"])
    starts = [text.count("\n", 0, found.start()) + 1 for found in _TABLE.finditer(text)]
    lines = starts if len(starts) == len(answers) else [1] * len(answers)  # an inline array has no headers
    yield from zip(lines, answers, strict=True)


def _lines(path: Path, text: str) -> Iterator[tuple[int, Any]]:
    """The values of JSON Lines, each with its line; empty lines divide nothing."""
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            yield number, jsontext.read(line)
        except ValueError as error:
            raise UsageError(f"{path}, line {number}: no JSON ({error})", hint=_HINTS[".jsonl"]) from None


def _answer(path: Path, line: int, value: object) -> Answer:
    if isinstance(value, str):
        return Answer(text=value)
    hint = _HINTS[path.suffix.lower()]
    try:
        answer = msgspec.convert(value, Answer)
    except msgspec.ValidationError as error:
        raise UsageError(f"{path}, line {line}: {_plain(str(error))}", hint=_near(str(error)) or hint) from None
    if answer.failure and (answer.text or answer.reasoning or answer.tool_calls):
        what = "an answer says something, or it is a failure with status and body, not both"
        raise UsageError(f"{path}, line {line}: {what}", hint=hint)
    return answer


def _plain(said: str) -> str:
    """Msgspec's words in ours: what was wanted, what was found, where."""
    found = _UNKNOWN.search(said)
    if found:
        return f"unknown key {found[1]!r}{f' in {found[2].lstrip(chr(46))}' if found[2] else ''}"
    said = re.sub(r"^Expected (.*?)(?:, got (.*?))?(?= - at|$)", _wanted, said)
    said = re.sub(r"^Object missing required field `(.*?)`", r"wanted the key '\1'", said)
    return re.sub(r" - at `\$\.?(.*)`$", r" in \1", said)


def _wanted(found: re.Match[str]) -> str:
    return f"wanted {found[1]}, found {found[2]}" if found[2] else f"wanted {found[1]}"


def _near(said: str) -> str:
    """The key that was meant, if one is near; else all that there are."""
    found = _UNKNOWN.search(said)
    if not found:
        return ""
    known = _KEYS.get(re.sub(r"\d+", "n", found[2] or ""), ())
    near = get_close_matches(found[1], known, n=1)
    return f"{f'did you mean {near[0]}? ' if near else ''}known: {', '.join(known)}"
