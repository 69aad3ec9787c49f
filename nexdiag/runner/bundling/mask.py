"""What was said → signs in its place, byte for byte: JSON stays JSON, pieces of streams stay where they were cut. Pure.

Law: the length never changes, and nothing stays but by its place: words of the protocols where one belongs (`place`,
`vocabulary`), names and ids as others of their make (`names`), numbers of the protocol, white space, and the marks that
servers give a meaning to. What is not understood is masked whole.
"""

import hashlib
import re

from nexdiag.runner.bundling import place
from nexdiag.runner.bundling.arguments import arguments
from nexdiag.runner.bundling.names import Names
from nexdiag.runner.bundling.said import Echo
from nexdiag.runner.bundling.scan import CUT, KEY, NUMBER, STRING, Broken, Frame, Scanner
from nexdiag.runner.bundling.units import STRANGE, says, units, written
from nexdiag.runner.bundling.vocabulary import KEYS, SCHEMA_KEYS, WORDS

_MARKERS = re.compile(
    rb"</?(?:think|thinking|tool_call|tool_calls|tool_response|reasoning|function)>|\[TOOL_CALLS\]|\Ahttps?://"
    rb"|<\|(?:im_start|im_end|im_sep|tool_call|tool_calls|python_tag|start|end|channel|message|call|return|eot_id|eom_id"
    rb"|start_header_id|end_header_id|endoftext|tool_calls_section_begin|tool_calls_section_end)\|>"
    rb"|\Adata:(?:image/(?:png|jpe?g|gif|webp)|audio/(?:wav|mpeg|mp3)|application/pdf|text/plain);base64,"
)
_SPACE = b" \t\r\n"
_ESCAPED_SPACE = b"ntr"
_SIGNS = bytes(sign if sign in _SPACE else ord("x") for sign in range(256))
"""For a text without escapes."""
_LEAST = 20
"""Bytes of a text in whose place a digest fits."""
_TELLING = frozenset(("index", "output_index", "content_index", "item_id", "id", "type"))
_TOLD = 200
_LINES = re.compile(rb"(\r\n|\n|\r)")
_COMMENTS = frozenset((b"", b"ping", b"keep-alive", b"keepalive", b"OPENROUTER PROCESSING", b"heartbeat"))
_FOUR = 6
_DIGIT = re.compile(rb"\d")


class Masker:
    """Masks texts of one recording; `key` makes digests that nobody can guess at who lacks the recording."""

    def __init__(self, key: bytes) -> None:
        """`key`: any bytes, up to 64."""
        self._key = key
        self.names = Names(key)

    def text(self, text: str) -> str:
        """A text of its own, with the digest where it fits."""
        raw = text.encode("utf-8", "replace")
        return self._signed(_plain(raw), raw).decode()

    def name(self, text: str) -> str:
        """A name of its own."""
        return self.names.name(text.encode("utf-8", "replace")).decode("utf-8", "replace")

    def arguments(self, text: str) -> str:
        """The arguments of a call, as text of JSON."""
        return arguments("".join(sign if sign.isascii() else STRANGE for sign in text), self.names)

    def key(self, raw: bytes) -> bytes:
        """The key of a request's field."""
        return raw if raw.decode("latin-1") in KEYS else self.names.name(raw)

    def json(self, raw: bytes, under: str | None = None, *, listed: bool = False, signed: bool = True) -> bytes:
        """The text of a JSON value: a whole body, or what stands `under` a key of a request, in a list there."""
        top = root = Frame(None, "", place.OPEN, listed=False)
        if under is not None:
            top = root = Frame(root, "", place.OPEN, listed=False)
            root.key = under if under in KEYS else place.STRANGE
        if listed:
            top = Frame(root, root.key, place.opened(root), listed=True)
        return self._json(raw, top, None, signed=signed)

    def answer(self, raw: bytes, echo: Echo, *, refused: bool = False) -> bytes:
        """The body of an answer: an event stream, JSON or whatever; of a refusal the server's own words are kept."""
        if raw.lstrip()[:1] not in (b"{", b"[") and re.match(rb"\s*(?:data|event|id|retry)?:", raw):
            return self._stream(raw, echo)
        top = Frame(None, "", place.ERROR if refused else place.OPEN, listed=False)
        if refused and raw.lstrip()[:1] not in (b"{", b"[", b'"'):
            return _spoken(raw, echo)
        return self._json(raw, top, echo, signed=False)

    def _json(self, raw: bytes, top: Frame, echo: Echo | None, *, signed: bool) -> bytes:
        walk = _Walk(self, echo, signed=signed)
        out = walk.feed(raw, top)
        walk.close()
        return bytes(out)

    def _stream(self, raw: bytes, echo: Echo) -> bytes:
        """Each line by itself, arguments across them."""
        walk = _Walk(self, echo, signed=False)
        lines = [self._line(line, walk) for line in _LINES.split(raw)]
        walk.close()
        return b"".join(lines)

    def _line(self, line: bytes, walk: "_Walk") -> "bytes | bytearray":
        name, colon, rest = line.partition(b":")
        text = rest.strip()
        if not line.strip() or (line.startswith(b"data:") and text == b"[DONE]"):
            return line
        if line.startswith(b"data:"):
            return walk.feed(line, Frame(None, "", place.OPEN, listed=False), skip=len(b"data:"))
        known = (
            (name == b"" and text in _COMMENTS)
            or (name == b"event" and text.decode("latin-1") in WORDS)
            or (name == b"retry" and text.isdigit() and len(text) <= _FOUR)
        )
        if known:
            return line
        kept = name + colon if name in (b"", b"event", b"id", b"retry") else b""
        return kept + _whole(line[len(kept) :])

    def _signed(self, masked: bytes, raw: bytes) -> bytes:
        """The digest at the beginning of what stands for a long text, whose words have no lengths any more."""
        if len(raw) < _LEAST or masked == raw or b"\\" in masked[:_LEAST]:
            return masked
        digest = hashlib.blake2b(raw, digest_size=4, key=self._key[:64]).hexdigest().encode()
        end = len(masked.rstrip())
        return b"[" + digest + b"]" + masked[10:end].replace(b" ", b"x") + masked[end:]

    def string(self, inner: bytes, kind: int, *, signed: bool) -> bytes:
        """What stands for a string; not for arguments, nor for what a server says."""
        word = inner.decode("latin-1")
        if kind == place.NAME:
            return inner if word in WORDS and word not in ("", "base") else self.names.name(inner)
        if kind == place.WORD:
            return inner if word in WORDS else self.names.name(inner)
        if kind == place.MODEL:
            return self.names.model(inner)
        if kind == place.REFERENCE:
            parts = inner.split(b"/")
            known = SCHEMA_KEYS | {"#", ""}
            return b"/".join(one if one.decode("latin-1") in known else self.names.name(one) for one in parts)
        masked = _escaped(inner)
        return self._signed(masked, inner) if signed else masked


class _Walk:
    """Walks over JSON texts, and gathers the pieces of arguments."""

    def __init__(self, masker: Masker, echo: Echo | None, *, signed: bool) -> None:
        self._masker = masker
        self._echo = echo
        self._signed = signed
        self._pieces: dict[object, list[tuple[bytearray, bytes, int, int]]] = {}
        self._calls: dict[object, tuple[str, int]] = {}

    def feed(self, raw: bytes, top: Frame, *, skip: int = 0) -> bytearray:
        """The text masked; the arguments in it are not, before `close`."""
        out = bytearray(raw)
        scanner = Scanner(raw[skip:].decode("latin-1"), top)
        later: list[tuple[Frame, str, int, int]] = []
        try:
            for kind, first, last, frame in scanner.tokens():
                start, end = first + skip, last + skip
                _tell(frame, kind, raw[start:end])
                if kind in "[{":
                    scanner.opens = place.opened(frame)
                elif kind == KEY:
                    self._key(raw, start, end, frame, out)
                elif kind == STRING:
                    self._string(out, start, end, frame, later)
                elif kind == CUT or not place.counts(frame):
                    out[start:end] = _whole(raw[start:end]) if kind == CUT else _DIGIT.sub(b"1", raw[start:end])
        except Broken:
            return bytearray(raw[:skip] + _whole(raw[skip:]))
        for frame, key, start, end in later:
            self._gather(frame, key, (out, raw, start, end))
        return out

    def _key(self, raw: bytes, start: int, end: int, frame: Frame, out: bytearray) -> None:
        key = raw[start:end].decode("latin-1")
        if place.stays(frame, key):
            frame.key = key
        else:
            frame.key = place.STRANGE
            out[start:end] = self._masker.names.name(raw[start:end])

    def _string(
        self, out: bytearray, start: int, end: int, frame: Frame, later: list[tuple[Frame, str, int, int]]
    ) -> None:
        kind = place.kind(frame)
        if kind in (place.ARGUMENTS, place.DELTA):
            later.append((frame, frame.key, start, end))
        elif kind == place.SAID and self._echo is not None:
            _say(out, start, end, self._echo)
        else:
            signed = self._signed and frame.place == place.OPEN
            out[start:end] = self._masker.string(bytes(out[start:end]), kind, signed=signed)

    def _gather(self, frame: Frame, key: str, piece: tuple[bytearray, bytes, int, int]) -> None:
        """Put a piece to those that it goes on from: of the same choice, the same call and the same id."""
        out, raw, start, end = piece
        if key == "delta" and frame.known.get("type") != "response.function_call_arguments.delta":
            out[start:end] = _escaped(raw[start:end])
            return
        where: list[object] = [key]
        one: Frame | None = frame
        while one is not None:
            told = tuple(one.known.get(name) for name in ("index", "output_index", "item_id"))
            where.append((one.within, told, one.ordinal if told == (None, None, None) else 0))
            one = one.outer
        call = frame.outer if frame.within == "function" and frame.outer is not None else frame
        of, place_ = call.known.get("id", ""), tuple(where)
        before, number = self._calls.get(place_, (of, 0))
        if of and before and of != before:
            number += 1
        self._calls[place_] = (of or before, number)
        self._pieces.setdefault((place_, number), []).append(piece)

    def close(self) -> None:
        """Mask the arguments, now that all their pieces are there."""
        for pieces in self._pieces.values():
            rows = [units(raw[start:end]) for _, raw, start, end in pieces]
            text = "".join(says(unit) for row in rows for unit in row)
            masked = iter(arguments(text, self._masker.names))
            for (out, _, start, end), row in zip(pieces, rows, strict=True):
                out[start:end] = b"".join(written(unit, says(unit), next(masked)) for unit in row)


def _tell(frame: Frame, kind: str, raw: bytes) -> None:
    """Remember what tells an object from its like."""
    if kind in (STRING, NUMBER) and frame.key in _TELLING and not frame.listed:
        frame.known[frame.key] = raw[:_TOLD].decode("latin-1")


def _say(out: bytearray, start: int, end: int, echo: Echo) -> None:
    """What a server says, within its JSON."""
    row = units(bytes(out[start:end]))
    before = "".join(map(says, row))
    after = echo.without(before)
    out[start:end] = b"".join(written(unit, one, other) for unit, one, other in zip(row, before, after, strict=True))


def _spoken(raw: bytes, echo: Echo) -> bytes:
    """What a server says in plain words."""
    text = echo.without(raw.decode("latin-1"))
    return "".join(text).encode("latin-1", "replace")


def _whole(raw: bytes) -> bytes:
    """What is not understood."""
    return raw if not raw.strip() else b"x" * len(raw)


def _plain(raw: bytes) -> bytes:
    """Every sign but white space and markers."""
    out = bytearray(raw.translate(_SIGNS))
    for found in _MARKERS.finditer(raw):
        out[found.start() : found.end()] = found[0]
    return bytes(out)


def _escaped(inner: bytes) -> bytes:
    """The inside of a string, with its markers."""
    if not inner.strip() or b"\\" not in inner:
        return _plain(inner)
    out = bytearray(b"".join(map(_unit, units(inner))))
    for found in _MARKERS.finditer(inner):
        out[found.start() : found.end()] = found[0]
    return bytes(out)


def _unit(unit: bytes) -> bytes:
    """What stands for a sign: white space and that it is half a surrogate stay, which is what a rule may look at."""
    if unit in _SPACE or (len(unit) == 2 and unit[:1] == b"\\" and unit[1:] in _ESCAPED_SPACE):  # noqa: PLR2004 - an escape of one sign
        return unit
    if len(unit) == _FOUR and unit[:1] == b"\\":
        half = unit[2:4].lower()
        if half in (b"d8", b"d9", b"da", b"db"):
            return b"\\ud83d"
        return b"\\ude00" if half in (b"dc", b"dd", b"de", b"df") else b"\\u0078"
    return b"x" * len(unit)
