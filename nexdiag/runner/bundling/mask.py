"""What was said → signs in its place, byte for byte: JSON stays JSON, pieces of streams stay where they were cut. Pure.

Law: the length never changes. Kept are keys, numbers, white space, the markers that servers give a meaning to, and the
strings under keys that say how a conversation is built (`role`, `id`, `name`, ...). The text of arguments is JSON
within JSON, in pieces in a stream: its own keys and its structure are kept, what stands in it is not.
"""

import hashlib
import re

KEPT = frozenset(
    b"role type id tool_call_id call_id tool_use_id item_id response_id previous_response_id name model object status "
    b"finish_reason stop_reason stop_sequence code param event format $ref required enum tool_choice reasoning_effort "
    b"effort media_type service_tier system_fingerprint encoding_format response_format truncation include detail "
    b"native_finish_reason owned_by jsonrpc method protocolVersion".split()
)
"""Keys whose strings are structure. A name is that of a tool; that of a speaker is told among what to look at."""
ARGUMENTS = frozenset((b"arguments", b"partial_json"))
_MARKERS = re.compile(
    rb"</?(?:think|thinking|tool_call|tool_calls|tool_response|reasoning|function)>|<\|[a-z_|]{1,40}\|>|\[TOOL_CALLS\]|"
    rb"\Adata:[\w/+.-]{1,60};base64,|\Ahttps?://"
)
_SPACE = b" \t\r\n"
_ESCAPED_SPACE = b"ntr"
_WORD = re.compile(rb"[^\s]")
_SIGNS = bytes(sign if sign in _SPACE else ord("x") for sign in range(256))
"""For a text without escapes."""
_STRING = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
_NEXT = re.compile(rb'["{}\[\],:\dA-Za-z]')
"""What counts outside of strings."""
_LEAST = 20
"""Bytes of a text in whose place a digest fits."""
_HALF = re.compile(rb"[dD][89a-fA-F]")


class Masker:
    """Masks texts of one recording; `key` makes digests that nobody can guess at who lacks the recording."""

    def __init__(self, key: bytes) -> None:
        """`key`: any bytes, up to 64."""
        self._key = key

    def text(self, text: str) -> str:
        """A text of its own, with the digest where it fits."""
        raw = text.encode("utf-8", "replace")
        return self._signed(_plain(raw), raw).decode()

    def json(self, raw: bytes, key: bytes = b"", *, signed: bool = True) -> bytes:
        """The text of a JSON value, which is that of `key`; what is no JSON is masked as if it were."""
        return _Walk(self if signed else None, key, {}).feed(raw)

    def stream(self, raw: bytes) -> bytes:
        """An event stream: each `data:` line by itself, arguments across them."""
        pieces: dict[int, _Arguments] = {}
        lines = raw.split(b"\n")
        return b"\n".join(self._line(line, pieces) for line in lines)

    def _line(self, line: bytes, pieces: "dict[int, _Arguments]") -> bytes:
        if not line.startswith(b"data:"):
            return line if line.startswith((b"event:", b"id:", b"retry:", b":")) or not line.strip() else _plain(line)
        data = line[5:]
        return line if data.strip() == b"[DONE]" else b"data:" + _Walk(None, b"", pieces).feed(data)

    def _signed(self, masked: bytes, raw: bytes) -> bytes:
        """The digest at the beginning of what stands for a long text, whose words have no lengths any more."""
        if len(raw) < _LEAST or masked == raw or b"\\" in masked[:_LEAST]:
            return masked
        digest = hashlib.blake2b(raw, digest_size=4, key=self._key[:64]).hexdigest().encode()
        end = len(masked.rstrip())
        return b"[" + digest + b"]" + masked[10:end].replace(b" ", b"x") + masked[end:]


def _plain(raw: bytes) -> bytes:
    """Every sign but white space and markers."""
    out = bytearray(_WORD.sub(b"x", raw))
    for found in _MARKERS.finditer(raw):
        out[found.start() : found.end()] = found[0]
    return bytes(out)


class _Walk:
    """Walks over JSON text, however broken, and knows under which key it is."""

    def __init__(self, signer: Masker | None, key: bytes, pieces: "dict[int, _Arguments]") -> None:
        self._signer = signer
        self._keys = [key]
        self._pieces = pieces
        self._objects: list[bool] = []
        self._wants_key = False
        self._index = 0

    def feed(self, raw: bytes) -> bytes:
        out, at = bytearray(raw), 0
        while (found := _NEXT.search(raw, at)) is not None:
            at, sign = found.start(), found[0]
            if sign == b'"':
                at = self._string(raw, at, out)
                continue
            if sign in b"{[":
                self._objects.append(sign == b"{")
                self._keys.append(self._keys[-1])
                self._wants_key = sign == b"{"
            elif sign in b"}]" and self._objects:
                self._objects.pop()
                self._keys.pop()
                self._wants_key = False
            elif sign == b",":
                self._wants_key = bool(self._objects) and self._objects[-1]
            elif sign == b":":
                self._wants_key = False
            elif sign.isdigit() and self._keys[-1] == b"index":
                self._index = int(re.match(rb"\d{1,9}", raw[at:])[0])  # type: ignore[index]  # it begins with a digit
                at += len(str(self._index)) - 1
            elif sign.isalpha() and not self._objects and raw.strip() not in (b"null", b"true", b"false"):
                out[at:] = _plain(raw[at:])  # no JSON at all
                return bytes(out)
            at += 1
        return bytes(out)

    def _string(self, raw: bytes, start: int, out: bytearray) -> int:
        end = _end(raw, start + 1)
        inner = raw[start + 1 : end]
        if self._wants_key:
            self._keys[-1] = inner
        elif self._keys[-1] in ARGUMENTS:
            machine = self._pieces.setdefault(self._index, _Arguments()) if self._signer is None else _Arguments()
            out[start + 1 : end] = machine.feed(inner)
        elif self._keys[-1] not in KEPT:
            masked = _escaped(inner)
            out[start + 1 : end] = masked if self._signer is None else self._signer._signed(masked, inner)  # noqa: SLF001 - its walk
        return min(end + 1, len(raw))


class _Arguments:
    """The JSON text of arguments, escaped, in pieces: keys and structure stay, values do not."""

    def __init__(self) -> None:
        self._stack: list[bytes] = []
        self._inside = False
        self._is_key = False
        self._escaping = False
        """The sign before was a backslash of the inner text."""

    def feed(self, inner: bytes) -> bytes:
        out = bytearray(inner)
        for at, size in _units(inner):
            unit = inner[at : at + size]
            plain = unit[1:] if size == 2 and unit[1:] in b'"/' else unit  # noqa: PLR2004 - an escape of one sign
            if self._inside:
                if plain == b'"' and not self._escaping:
                    self._inside = False
                    continue
                self._escaping = not self._escaping and unit == b"\\\\"
                if not self._is_key:
                    out[at : at + size] = _unit(unit)
            else:
                self._between(plain)
                if plain.isdigit():
                    out[at : at + size] = b"1"
        return bytes(out)

    def _between(self, plain: bytes) -> None:
        """A sign outside of strings."""
        if plain == b'"':
            self._inside = True
            return
        if plain in (b"{", b"["):
            self._stack.append(plain)
        elif plain in (b"}", b"]") and self._stack:
            self._stack.pop()
        if plain in (b"{", b"[", b",", b":", b"}", b"]"):
            self._is_key = plain in (b"{", b",") and bool(self._stack) and self._stack[-1] == b"{"


def _end(raw: bytes, at: int) -> int:
    """Where the string ends that begins at `at`: its closing quote, or the end of the text."""
    found = _STRING.match(raw, at)
    end = found.end() if found is not None else at
    return end if raw[end : end + 1] == b'"' else len(raw)


def _escaped(inner: bytes) -> bytes:
    """The inside of a string, with its markers."""
    if not inner.strip():
        return inner
    plain = b"\\" not in inner
    out = bytearray(inner.translate(_SIGNS) if plain else inner)
    for at, size in () if plain else _units(inner):
        out[at : at + size] = _unit(inner[at : at + size])
    for found in _MARKERS.finditer(inner):
        out[found.start() : found.end()] = found[0]
    return bytes(out)


def _units(inner: bytes) -> "list[tuple[int, int]]":
    """The place and length of each sign, an escape being one."""
    found, at = [], 0
    while at < len(inner):
        size = 1
        if inner[at : at + 1] == b"\\":
            size = 6 if inner[at + 1 : at + 2] == b"u" else 2
        found.append((at, min(size, len(inner) - at)))
        at += size
    return found


def _unit(unit: bytes) -> bytes:
    """What stands for a sign: white space and halves of surrogates stay, which is what a rule may look at."""
    if unit in _SPACE or (len(unit) == 2 and unit[1:] in _ESCAPED_SPACE):  # noqa: PLR2004 - an escape of one sign
        return unit
    if len(unit) == 6:  # noqa: PLR2004 - an escape of four digits
        return unit if _HALF.match(unit[2:]) else b"\\u0078"
    return b"x" if len(unit) == 1 else b"xx" if unit != b"\\" else unit
