"""A recording holds what looks like a secret.

## What it does

Looks through URL, headers, request body and answer for what has the shape of a well-known token (keys of model
providers, code hosts and clouds, JSON web tokens, private keys, credentials in a URL) and for long random values that
are named for a secret (`api_key`, `password`, `Cookie`). Placeholders of a redaction are none. It says where it stands
and what it looks like; the secret itself is never shown.

## Why it is bad

A recording is committed, attached to a bug report, and read by others. Redaction takes out all that it knows when
something is recorded; what was recorded elsewhere, converted, or written by hand has not been looked through.

## Example

```json
{"server": "OpenAI", "request": {"model": "m", "messages": [{"role": "user",
 "content": "What is wrong with sk-proj-a1B2c3D4e5F6g7H8i9J0k1L2?"}]}}
```

## Instead

```json
{"server": "OpenAI", "request": {"model": "m", "messages": [{"role": "user",
 "content": "What is wrong with [redacted 5b1c3f0a]?"}]}}
```

## Who refuses it
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache

from nexdiag.codec import jsontext
from nexdiag.codec.named import Found
from nexdiag.codec.shapes import look
from nexdiag.core.body import Link
from nexdiag.core.finding import Severity
from nexdiag.lint.quoting import shorten
from nexdiag.lint.rule import Fault, Rule
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.view import View

_FIX = "revoke it, then take it out: record again with `--redact`, or replace it in the file"
_MOST_HEADERS = 64
_MOST_KNOWN = 50_000
_NEAR = 50
_HELD = "secrets"
_SHORT = 1000
"""Bytes of a text that may come again and again: an address, a parameter, a message of a history that is rewritten."""
_known: dict[bytes, tuple[str, ...]] = {}
"""What lists that were read hold, up to a link: a memory of what is so, never of whose it is."""


def _check(case: Case) -> Iterator[Fault]:
    view = case.view
    yield from _faults(_shapes((view.url or "").encode(errors="replace")), "the URL", None)
    for side, headers in (("request", view.headers), ("response", view.answer_headers)):
        for name, value in headers[:_MOST_HEADERS]:
            named = b"%s: %s" % (name.encode(errors="replace"), value.encode(errors="replace"))
            if shapes := _shapes(named):
                yield from _faults(shapes, f"the {side} header {_shown(name)}", None)
    if view.exchange is None and not _holds_any(view):
        return
    for name in view.fields:
        # the messages are looked at as they arrive
        if name != view.list_name and (shapes := _shapes_of(view, name)):
            yield from _faults(shapes, f"the field {_shown(name)}", _pointer(name))
    if view.sent is not None and view.sent.raw and not list(view.fields):
        yield from _faults(_shapes(view.sent.raw), "the request body", None)
    yield from _faults(_shapes(view.answered), "the answer", None)


def _holds_any(view: View) -> bool:
    """Whether a request that stands alone holds any shape: it is looked through at once, which is quicker."""
    found = view.memo.get(_HELD)
    if found is None:
        whole = {name: view.fields.get(name) for name in view.fields}
        found = view.memo[_HELD] = bool(_shapes(_text(whole)) or _shapes(view.answered))
    return bool(found)


def _listens(case: Case) -> bool:
    return case.view.exchange is not None or _holds_any(case.view)


def _arriving(case: Case) -> Iterable[Fault]:
    history = case.history
    at = len(history.messages) - 1
    raw = history.messages[at].raw
    shapes = _shapes(raw)
    return _faults(shapes, f"messages[{at}]", f"/messages/{at}", at=at, about=raw) if shapes else ()


def _faults(
    shapes: tuple[str, ...], where: str, pointer: str | None, *, at: int | None = None, about: bytes = b""
) -> Iterator[Fault]:
    for shape in shapes:
        yield Fault(
            summary=f"{where} holds what looks like {_a(shape)}",
            fix=_FIX,
            at=at,
            pointer=pointer,
            evidence=(f"{where}: {shape} [not shown]",),
            about=(about, shape.encode()) if about else (),
            weight=Severity.WARNING,
        )


def _shapes_of(view: View, name: str) -> tuple[str, ...]:
    last = view.fields.last_link(name) if view.fields.holds_list(name) else None
    if last is not None:
        return _shapes_of_list(last)
    return _shapes(b'"%s":%s' % (name.encode(errors="replace"), _text(view.fields.get(name))))


def _shapes_of_list(last: Link) -> tuple[str, ...]:
    """Entry by entry, each once: the list comes again, longer, with the next request."""
    new: list[Link] = []
    link: Link | None = last
    while link is not None and link.digest not in _known:
        new.append(link)
        link = link.before
    shapes = () if link is None else _known[link.digest]
    if len(_known) > _MOST_KNOWN:
        _known.clear()
    for link in reversed(new):
        shapes = _known[link.digest] = tuple(dict.fromkeys((*shapes, *_shapes(link.raw))))
    return shapes


def _shapes(raw: bytes) -> tuple[str, ...]:
    """The names of the shapes in a text, each once; of two at one place the first that was told."""
    return _looked(raw) if len(raw) > _SHORT else _looked_once(raw)


@lru_cache(maxsize=8192)
def _looked_once(raw: bytes) -> tuple[str, ...]:
    return _looked(raw)


def _looked(raw: bytes) -> tuple[str, ...]:
    names: dict[str, None] = {}
    done: list[Found] = []
    for found in look(raw):
        if not any(found.start < other.end and other.start < found.end for other in done[-_NEAR:]):
            names[found.shape] = None
            done.append(found)
    return tuple(names)


def _text(value: object) -> bytes:
    try:
        return jsontext.write(value)
    except ValueError:
        return b""


def _shown(name: str) -> str:
    """A name may be the secret itself."""
    return "[not shown]" if _shapes(name.encode(errors="replace")) else shorten(repr(name), 60)


def _pointer(name: str) -> str | None:
    return None if _shapes(name.encode(errors="replace")) else "/" + name.replace("~", "~0").replace("/", "~1")


def _a(shape: str) -> str:
    if shape.startswith(("cookies", "credentials", "basic")):
        return shape
    return f"{'an' if shape[0] in 'AEIOUaeiou' or shape.startswith(('npm', 'NVIDIA', 'xAI')) else 'a'} {shape}"


RULE = Rule(
    name="secret-in-recording",
    code="NX801",
    family="secrets",
    page=__doc__ or "",
    check=_check,
    arriving=_arriving,
    listens=_listens,
)
