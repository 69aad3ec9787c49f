r"""The server cut the prompt to its window, and answered as if nothing were missing.

## What it does

Finds an answered request whose tokens are too few for its text. The log's word is sure: `truncating input prompt`.
So are the counts of a chat that grows, where they do not grow with it and stand at the edge of a window. It is likely
where a long text was counted as a fraction of what it must be, and where nothing is known of a request to Ollama but
that it was counted as just the tokens of Ollama's default window, or of half of it.

A text is held for too long only from 24 kB on, and at ten bytes a token; a chat with images is not judged.

## Why it is bad

The model never saw the beginning: its system prompt, its tools, the task. It answers with 200, and with nonsense.
Ollama's window is 2048 or 4096 tokens unless it is told otherwise, and its `/v1` ignores `options.num_ctx`.

## Example

```json
{"server": "Ollama", "status": 200, "response": {"usage": {"prompt_tokens": 4096, "completion_tokens": 120}},
 "log": "level=WARN msg=\"truncating input prompt\" limit=4096 prompt=11240 keep=4 new=4096"}
```

## Instead

```json
{"server": "Ollama", "status": 200, "response": {"usage": {"prompt_tokens": 11240, "completion_tokens": 120}}}
```

## Who refuses it
"""

import re
from collections.abc import Iterable, Iterator

import msgspec

from nexdiag.core.body import Link
from nexdiag.core.finding import Severity
from nexdiag.lint.quoting import shorten
from nexdiag.lint.rule import Fault, Rule
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.view import View

_LOGGED = re.compile(
    r"truncating input (?:prompt|messages)|\b(?:input|prompt) (?:(?:was|is|has been) )?truncated\b", re.IGNORECASE
)
_SHORT = 24_000
"""Bytes of messages below which nothing is said of them."""
_THIN = 10
"""Bytes a token that no text has, long runs of one sign apart: prose has four, code three."""
_PLAIN = 5
"""Bytes a token that JSON around plain prose has at most."""
_GREW = 4_000
"""Bytes that must show in the count of tokens."""
_COUNTED = 1024
"""Tokens below which a count may be a stub's, or of what was not cached alone."""
_EDGE = 8
_DEFAULTS = (2048, 4096)
"""Ollama's windows where nobody chose one; of the larger one it keeps half where it makes room."""
_CHOSEN = (8192, 16384, 32768, 65536, 131072)
_MEDIA = (b'"image', b'"input_audio"', b"base64")


class _Size(msgspec.Struct, frozen=True, kw_only=True):
    """What a list of messages holds."""

    bytes: int = 0
    media: bool = False


class _Counts:
    """The chats of one recording: their sizes, and the tokens at which they were counted."""

    def __init__(self) -> None:
        """None so far."""
        self._sizes: dict[bytes, _Size] = {}
        self._counted: dict[bytes, tuple[int, int]] = {}
        """By the last link of a chat's messages: their bytes and their tokens."""

    def take(self, case: Case) -> Iterable[Fault]:
        """Compare what was sent with what was counted."""
        view = case.view
        if view.log and (said := _LOGGED.search(view.log)):
            return (_logged(view, said),)
        if not view.accepted or not view.answer.known or view.wire == "anthropic":
            return ()  # Anthropic counts what it took from its cache apart
        if view.exchange is None and (known := _of_ollama(case)):
            return known
        if not view.chats or (tokens := _tokens(view)) <= 0:
            return ()
        return self._compared(case, tokens)

    def end(self) -> Iterable[tuple[View, Fault]]:
        """Nothing is known later than at its exchange."""
        return ()

    def _compared(self, case: Case, tokens: int) -> Iterator[Fault]:
        view = case.view
        if view.exchange is None:
            yield from _thin(case, _of_messages(case), tokens)
            return
        last = view.fields.last_link(view.list_name)
        if last is None:
            return
        size, before = self._measure(last)
        self._counted[last.digest] = (size.bytes, tokens)
        if before is not None and not size.media:
            yield from _stuck(size, tokens, before)
        yield from _thin(case, size, tokens)

    def _measure(self, last: Link) -> tuple[_Size, tuple[int, int] | None]:
        """The size of a list, each link of which is looked at once; and the count of the chat as it stood before."""
        new: list[Link] = []
        link: Link | None = last
        while link is not None and link.digest not in self._sizes:
            new.append(link)
            link = link.before
        known = link
        size = self._sizes[link.digest] if link is not None else _Size()
        for link in reversed(new):
            media = size.media or any(mark in link.raw for mark in _MEDIA)
            size = self._sizes[link.digest] = _Size(bytes=size.bytes + len(link.raw), media=media)
        return size, None if known is None else self._counted.get(known.digest)


def _tokens(view: View) -> int:
    """The tokens of the prompt, as the server counted them."""
    tokens, cached = view.answer.counted
    if tokens or not isinstance(value := view.answer.value, dict):
        return tokens if cached <= tokens else 0
    count = value.get("prompt_eval_count")  # Ollama's own API
    return count if type(count) is int else 0


def _of_messages(case: Case) -> _Size:
    if any(part.get("type") not in ("text", None) for message in case.history.messages for part in message.parts):
        return _Size(media=True)
    return _Size(bytes=sum(len(message.text) for message in case.history.messages))


def _stuck(size: _Size, tokens: int, before: tuple[int, int]) -> Iterable[Fault]:
    """The count of a chat that grew, and is counted no higher than before."""
    grew = size.bytes - before[0]
    if grew < _GREW or not _COUNTED <= tokens <= before[1] + _EDGE or size.bytes < tokens * _PLAIN:
        return ()
    says = f"the chat grew by {grew} bytes, and was counted as {before[1]} tokens, then as {tokens}"
    return (_fault(says, tokens, Severity.ERROR if _at_an_edge(tokens) else Severity.WARNING),)


def _thin(case: Case, size: _Size, tokens: int) -> Iterable[Fault]:
    """A long text that was counted as a fraction of what it must be."""
    if size.media or size.bytes < _SHORT or tokens < _COUNTED // 4 or size.bytes < tokens * _THIN:
        return ()
    says = f"{size.bytes} bytes of messages were counted as {tokens} tokens, a quarter of which they can hardly be"
    sure = _at_an_edge(tokens) and case.profile.name.startswith("ollama")
    return (_fault(says, tokens, Severity.ERROR if sure else Severity.WARNING),)


def _of_ollama(case: Case) -> tuple[Fault, ...]:
    """Of the request little is known: the count is just what Ollama leaves of a prompt that it cut."""
    if not case.profile.name.startswith("ollama"):
        return ()
    tokens, size = _tokens(case.view), _of_messages(case)
    if not any(abs(tokens - window) <= _EDGE for window in _DEFAULTS) and tokens not in _CHOSEN:
        return ()
    if case.view.asked and (size.media or "tools" in case.view.fields or tokens <= size.bytes):
        return ()  # the text that is there may be all; a text that is shorter than its count was left out
    says = f"the prompt was counted as {tokens} tokens, which is what Ollama's default window leaves of a longer one"
    return (_fault(says, tokens, Severity.WARNING),)


def _at_an_edge(tokens: int) -> bool:
    """Whether it is a window's size, or a little less: windows are multiples of 1024."""
    return -tokens % _COUNTED <= _EDGE or tokens % _COUNTED <= _EDGE


def _logged(view: View, said: re.Match[str]) -> Fault:
    line = next((line for line in view.log[:20_000].splitlines() if said[0] in line), said[0])
    return Fault(
        summary="the log says that the prompt was cut before the model saw it",
        fix=_FIX,
        evidence=(f"the log says: {shorten(line, 200)}",),
        weight=Severity.ERROR,
    )


def _fault(says: str, tokens: int, weight: Severity) -> Fault:
    return Fault(
        summary="the server seems to have cut the prompt to its window, and answered all the same",
        fix=_FIX,
        evidence=(says,),
        facts={"tokens": str(tokens)},
        weight=weight,
    )


_FIX = (
    "give the server a larger window (Ollama: OLLAMA_CONTEXT_LENGTH, or num_ctx in its own API or the Modelfile; "
    "/v1 ignores it), or compact the history"
)

RULE = Rule(
    name="context-silently-truncated",
    code="NX653",
    family="context",
    page=__doc__ or "",
    following=_Counts,
)
