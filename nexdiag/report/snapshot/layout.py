"""Requests ⇄ the text that is kept: a JSON list, each message and each parameter on a line of its own. Pure.

    [
      {
        "request": "POST /v1/chat/completions",
        "body": {
          "model": "qwen3",
          "messages": [
            "⟨2 messages as in request 1⟩",
            {"role": "user", "content": "And tomorrow?"}
          ],
          "tools": [
            {"tool": "weather", "schema": "1f2e3d4c5b"}
          ]
        }
      }
    ]

Law: keys stand as they were sent. A message that is sent again is not written again: a chat's text grows with what
is new in it, and so does the work, but where a matcher wants to see whole lists.
"""

import base64
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import msgspec

from nexdiag.core.body import Link
from nexdiag.report.snapshot.chosen import Choice
from nexdiag.report.snapshot.masks import CLOSE, OPEN, Machine, Masks, literal, unmasked
from nexdiag.report.snapshot.schemas import FIELDS, file_of, put_back, set_aside
from nexdiag.report.snapshot.sent import Sent
from nexdiag.report.snapshot.text import dumped, loaded

CONVERSATIONS = {"messages": "messages", "input": "items"}
"""Where the dialects keep what is sent again, and what its entries are called."""
BEFORE = re.compile(rf"{OPEN}(\d+) \w+ as in request (\d+){CLOSE}")
_RAW = f"{OPEN}no JSON{CLOSE}"
"""The name for the text of a part that JSON cannot say again: with a name twice, NaN, or too deep."""


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """How requests are written."""

    machine: Machine = Machine()
    keep: tuple[str, ...] = ()
    """Rules of `masks` that do not hold."""
    headers: tuple[str, ...] = ()
    """Names of headers to be written too, in lower case."""
    choice: Choice = Choice()


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """Requests as text."""

    text: str
    tools: dict[str, str]
    """The texts of declared tools, by the names of their files without the ending."""


def written(sent: Iterable[Sent], setting: Setting | None = None) -> Written:
    """The text of these requests. Raises UsageError for a rule that there is not."""
    writer = _Writer(setting or Setting())
    parts = [writer.request(number, one) for number, one in enumerate(sent, 1)]
    lines = ["[", *_joined(parts), "]"] if parts else ["[]"]
    return Written(text="\n".join(lines) + "\n", tools=writer.tools)


def read(text: str, tools: Mapping[str, str]) -> list[dict[str, Any]]:
    """The requests of a text: with their tools as far as these are kept, and with what is sent again left out.

    Raises ValueError for a text that holds none.
    """
    requests = loaded(text)
    if not isinstance(requests, list) or not all(isinstance(one, dict) for one in requests):
        raise ValueError("no list of requests")
    for body in (one.get("body") for one in requests):
        for field in FIELDS:
            if isinstance(body, dict) and isinstance(body.get(field), list):
                body[field] = [put_back(entry, tools) for entry in body[field]]
    return requests


def whole(requests: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Requests that were read, each with all its messages, its texts as they were: marks alone are left."""
    lists: list[dict[str, list[Any]]] = []
    made = []
    for one in requests:
        body = one.get("body")
        lists.append({})
        if isinstance(body, dict):
            for field in CONVERSATIONS:
                if isinstance(entries := body.get(field), list):
                    lists[-1][field] = entries = _with_those_before(entries, field, lists)
                    body = {**body, field: entries}
            one = {**one, "body": body}  # noqa: PLW2901 - the same request, with more in it
        made.append(one)
    return [_literal(one) for one in made]


def _with_those_before(entries: list[Any], field: str, lists: list[dict[str, list[Any]]]) -> list[Any]:
    found = BEFORE.fullmatch(entries[0]) if entries and isinstance(entries[0], str) else None
    if found is None or not 0 < int(found[2]) <= len(lists):
        return entries
    return [*lists[int(found[2]) - 1].get(field, [])[: int(found[1])], *entries[1:]]


def _literal(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, dict):
        return {unmasked(key): _literal(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_literal(one) for one in value]
    return unmasked(value) if isinstance(value, str) else value


class _NoJson(str):
    """The text of a part that JSON cannot say again."""

    __slots__ = ()


class _Writer:
    def __init__(self, setting: Setting) -> None:
        self.tools: dict[str, str] = {}
        self._setting = setting
        self._masks = Masks(setting.machine, setting.keep)
        self._lasts: dict[tuple[str, bytes], int] = {}
        """In which request a list ended so, first."""
        self._of_link: dict[Link, Link] = {}
        """What is written for the links of bodies."""

    def request(self, number: int, sent: Sent) -> list[str]:
        """The lines of one request."""
        request, parts = sent.request, []
        if request.url:
            address = self._masks.text(f"{request.method} {request.path}", sent.at)
            parts.append([f'"request": {dumped(address)}'])
        headers = [(name, value) for name, value in request.headers if name in self._setting.headers]
        if headers:
            lines = [
                [f"{dumped(literal(name))}: {dumped(self._masks.text(value, sent.at))}"] for name, value in headers
            ]
            parts.append(['"headers": {', *_joined(lines), "}"])
        parts += self._body(number, sent)
        return ["{", *_joined(parts), "}"] if parts else ["{}"]

    def _body(self, number: int, sent: Sent) -> list[list[str]]:
        body = sent.request.body
        try:
            fields: dict[str, Any] = (
                loaded(body.raw) if body.raw is not None else {loaded(one.key): one.value for one in body.fields}
            )
        except ValueError:
            return self._bytes(body.join(), sent.at) if body.join() else []
        if not isinstance(fields, dict):
            return [[f'"body": {dumped(self._plain(fields, (), sent.at))}']]
        choice = self._setting.choice
        if choice.matcher is not None:
            value = choice.matcher(data=_values(fields), path=())
            fields = value if isinstance(value, dict) else {}
            if not isinstance(value, dict):
                return [[f'"body": {dumped(self._plain(value, (), sent.at))}']]
        parts = [
            self._field(number, key, value, sent.at) for key, value in fields.items() if choice.wants(str(key), ())
        ]
        return [['"body": {', *_joined(parts), "}"] if parts else ['"body": {}']]

    def _bytes(self, raw: bytes, at: float | None) -> list[list[str]]:
        """A body that is no JSON, or none that could be written again."""
        try:
            return [[f'"text": {dumped(self._masks.text(raw.decode(), at))}']]
        except UnicodeDecodeError:
            return [[f'"base64": "{base64.b64encode(raw).decode()}"']]

    def _field(self, number: int, key: str, value: Any, at: float | None) -> list[str]:  # noqa: ANN401 - text, link or value
        start = f"{dumped(literal(key))}: "
        listed = key in CONVERSATIONS or key in FIELDS
        if listed and isinstance(value, Link) and self._setting.choice.matcher is None:
            return self._listed(start, self._lines(number, key, self._links(key, value, at)))
        value = self._setting.choice.value(_plain_value(value), ((key, type(value)),))
        if not listed or not isinstance(value, list):
            return [start + dumped(self._masked(value, (key,), at))]
        last: Link | None = None
        for place, entry in enumerate(value):
            last = Link(self._entry(key, place, entry, at), last)
        return self._listed(start, self._lines(number, key, last))

    def _listed(self, start: str, lines: list[str]) -> list[str]:
        return [f"{start}[", *_joined([[line] for line in lines]), "]"] if lines else [f"{start}[]"]

    def _lines(self, number: int, key: str, last: Link | None) -> list[str]:
        """An entry a line; what an earlier request said is one line."""
        if last is None:
            return []
        lines: list[str] = []
        link: Link | None = last
        while link is not None:
            before = self._lasts.get((key, link.digest)) if key in CONVERSATIONS else None
            if before is not None:
                lines.append(dumped(f"{OPEN}{link.depth} {CONVERSATIONS[key]} as in request {before}{CLOSE}"))
                break
            lines.append(link.raw.decode())
            link = link.before
        self._lasts.setdefault((key, last.digest), number)
        return lines[::-1]

    def _links(self, key: str, last: Link, at: float | None) -> Link:
        """The links of what is written: made once for each link of the bodies."""
        new: list[Link] = []
        link: Link | None = last
        while link is not None and link not in self._of_link:
            new.append(link)
            link = link.before
        made = None if link is None else self._of_link[link]
        for link in reversed(new):
            place = link.depth - 1
            value = self._setting.choice.value(_plain_value(link.raw), ((key, list), (place, dict)))
            made = self._of_link[link] = Link(self._entry(key, place, value, at), made)
        assert made is not None  # a list that is kept as links has one
        return made

    def _entry(self, key: str, place: int, value: Any, at: float | None) -> bytes:  # noqa: ANN401 - any JSON value
        """The line of a message, or of a tool, which is set aside."""
        value = self._masked(value, (key, place), at)
        if key in FIELDS:
            value, text = set_aside(value)
            if text:
                self.tools[file_of(value)] = text
        return dumped(value).encode()

    def _plain(self, value: Any, path: tuple[str | int, ...], at: float | None) -> Any:  # noqa: ANN401 - any JSON value
        return self._masked(self._setting.choice.value(value, ()), path, at)

    def _masked(self, value: Any, path: tuple[str | int, ...], at: float | None) -> Any:  # noqa: ANN401 - any JSON value
        if isinstance(value, _NoJson):
            return {_RAW: self._masks.text(value, at)}
        return self._masks.value(value, path, at)


def _values(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _plain_value(value) for key, value in fields.items()}


def _plain_value(value: Any) -> Any:  # noqa: ANN401 - the text of one, the last link of a list, or a value
    """The JSON value; the text itself, named as such, of what JSON cannot say again."""
    if isinstance(value, Link):
        return [_plain_value(link.raw) for link in value.chain()]
    if not isinstance(value, bytes):
        return value
    try:
        return loaded(value)
    except ValueError:
        return _NoJson(value.decode("utf-8", "replace"))


def _joined(parts: Sequence[Sequence[str]]) -> Iterator[str]:
    """The lines of all parts, a comma between them, two spaces further in."""
    for part, after in pairwise([*parts, ()]):
        yield from (f"  {line}" for line in part[:-1])
        yield f"  {part[-1]}{',' if after else ''}"
