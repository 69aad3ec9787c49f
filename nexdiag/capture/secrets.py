"""What must not be written: the values of keys in use, in every spelling, and the shapes of well-known tokens.

Pure. A mark carries a short hash of what it stands for, whatever its spelling, so that equal secrets stay equal:
a replay sends the mark where the recording has it.
"""

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

from nexdiag.capture.splice import Edit

SHORTEST = 6
"""Shorter key values are no secrets: replacing `x` or `none` everywhere would destroy the recording."""
NO_SECRETS = frozenset(
    {
        "ollama", "lm-studio", "lmstudio", "llama.cpp", "llamacpp", "vllm-key", "sglang", "sk-no-key-required",
        "no-key-required", "not-needed", "no-key", "nokey", "not-used", "unused", "ignored", "anything",
        "placeholder", "dummy-key", "redacted", "bearer", "api-key", "api_key", "apikey", "openai",
    }
)  # fmt: skip
"""What manuals tell you to type where a server wants a key and does not look at it."""

_START = rb"(?:(?<!\w)|(?<=\\[bfnrt])|(?<=\\u[0-9A-Fa-f]{4}))"
"""Where a token may begin: not within a word, but right after an escape of JSON."""
_END_OF_LINE = rb"(?:\s|\\+[nr])++"
_BASE64 = rb"(?:[A-Za-z0-9+/=]|\\/)"
_PEM = (
    rb"-----BEGIN [A-Z ]*PRIVATE KEY-----"
    rb"(?:" + _END_OF_LINE + rb"[A-Za-z-]+: [A-Za-z0-9,-]+)*"
    rb"(?:" + _END_OF_LINE + _BASE64 + rb"{4,})*"
    rb"(?:" + _END_OF_LINE + rb"-----END [A-Z ]*PRIVATE KEY-----)?"
)
"""To its end or as far as it goes: a tool's output may be cut. Its line ends may be escaped, and escaped again."""
_SHAPES = tuple(
    (hint, re.compile(pattern))
    for hint, pattern in (
        (b"sk-", _START + rb"sk-[A-Za-z0-9_-]{20,}"),  # OpenAI, Anthropic, OpenRouter
        (b"gsk_", _START + rb"gsk_[A-Za-z0-9]{20,}"),  # Groq
        (b"hf_", _START + rb"hf_[A-Za-z0-9]{20,}"),  # Hugging Face
        (b"gh", _START + rb"gh[pousr]_[A-Za-z0-9]{36,}"),  # GitHub
        (b"github_pat_", _START + rb"github_pat_[A-Za-z0-9_]{22,}"),
        (b"glpat-", _START + rb"glpat-[A-Za-z0-9_-]{20,}"),  # GitLab
        (b"AIza", _START + rb"AIza[0-9A-Za-z_-]{35}"),  # Google
        (b"AKIA", _START + rb"AKIA[0-9A-Z]{16}\b"),  # AWS
        (b"ASIA", _START + rb"ASIA[0-9A-Z]{16}\b"),
        (b"xox", _START + rb"xox[abprs]-[A-Za-z0-9-]{10,}"),  # Slack
        (b"eyJ", _START + rb"eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"),  # JSON web token
        (b"earer ", rb"(?<=[Bb]earer )(?:[A-Za-z0-9._~+/=-]|\\/){16,}"),
        (b"://", rb'(?<=://)[^/\s:@"\\]+:[^/\s@"\\]+(?=@)'),  # user:password in a URL
        (b"PRIVATE KEY-----", _PEM),
    )
)
"""Bytes without which the pattern cannot match (looked for first: that is much faster), and the pattern."""
_ESCAPES = re.compile(rb"\\+[nr]|\s|\\+(?=/)")
"""What stands between the signs of a secret and is none of them."""


class Secrets:
    """Finds secrets in bytes, and says what to write instead."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        """`values`: the keys in use. Dummies and the shortest are left out."""
        self._marks: dict[bytes, bytes] = {}
        for value in values:
            if len(value) >= SHORTEST and value.lower() not in NO_SECRETS:
                marked = mark(_bytes(value)).encode()
                self._marks |= dict.fromkeys(spellings(value), marked)

    def find(self, raw: bytes) -> list[Edit]:
        """All secrets, in order; where two overlap, one that covers both."""
        merged: list[Edit] = []
        for one in sorted(self._all(raw), key=lambda one: (one.start, -one.end)):
            last = merged[-1] if merged else None
            if last is None or one.start >= last.end:
                merged.append(one)
            elif one.end > last.end:
                whole = mark(raw[last.start : one.end]).encode()
                merged[-1] = Edit(start=last.start, end=one.end, text=whole)
        return merged

    def _all(self, raw: bytes) -> Iterator[Edit]:
        for known, text in self._marks.items():
            start = raw.find(known)
            while start >= 0:
                yield Edit(start=start, end=start + len(known), text=text)
                start = raw.find(known, start + 1)
        for hint, pattern in _SHAPES:
            if hint in raw:
                for match in pattern.finditer(raw):
                    stands_for = _ESCAPES.sub(b"", match.group())
                    yield Edit(start=match.start(), end=match.end(), text=mark(stands_for).encode())


def mark(secret: bytes) -> str:
    """What is written instead."""
    return f"[redacted {hashlib.blake2b(secret, digest_size=4, person=b'nexdiag').hexdigest()}]"


def spellings(value: str) -> set[bytes]:
    """A secret as it may stand in JSON (and in JSON within JSON), in a URL, and in base64 at any offset."""
    plain = _bytes(value)
    texts = {value}
    for _ in range(3):
        texts |= {spelled for text in texts for spelled in _in_json(text)}
    found = {_bytes(text) for text in texts}
    for safe in ("", "/", "~"):
        for quoted in (quote(plain, safe=safe), quote_plus(plain, safe=safe)):
            found |= {quoted.encode(), re.sub("%[0-9A-F]{2}", lambda code: code[0].lower(), quoted).encode()}
    return found | set(_in_base64(plain))


def _in_json(text: str) -> set[str]:
    spelled = {json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]}
    spelled |= {one.replace("/", "\\/") for one in spelled}
    return spelled | {"".join(f"\\u{ord(sign):04x}" if sign in "<>&" else sign for sign in one) for one in spelled}


def _in_base64(plain: bytes) -> Iterator[bytes]:
    """Its middle: the signs at both ends also hold bits of what stands beside it."""
    for offset, dirty in ((0, 0), (1, 2), (2, 3)):
        text = base64.b64encode(b"\0" * offset + plain).rstrip(b"=")
        clean = text[dirty:] if (offset + len(plain)) % 3 == 0 else text[dirty:-1]
        if len(clean) > SHORTEST:
            yield clean
            yield clean.replace(b"+", b"-").replace(b"/", b"_")


def _bytes(text: str) -> bytes:
    """As the environment had it: a key may hold bytes that are no UTF-8."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
