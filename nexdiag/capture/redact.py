"""Redaction: pure text in, pure text out. Runs before anything is written.

Three nets: headers by allowlist, the values of keys that are in use, and the shapes of well-known tokens.
A placeholder carries a short hash of what it stands for, so that equal secrets stay equal.
"""

import hashlib
import re
from collections.abc import Iterable, Sequence

from nexdiag.core.exchange import Chunk, Headers

KEPT_HEADERS = frozenset(
    {
        "accept", "accept-encoding", "content-encoding", "content-length", "content-type", "date", "retry-after",
        "server", "transfer-encoding", "user-agent", "x-request-id", "request-id", "x-ratelimit-limit-requests",
        "x-ratelimit-remaining-requests", "x-ratelimit-reset-requests", "openai-version", "openai-processing-ms",
        "anthropic-version", "location", "allow",
    }
)  # fmt: skip
"""All other headers are written as a placeholder: a header that nobody knows may be a credential."""

_SHAPES = re.compile(
    rb"""
      \bsk-(?:ant-|proj-|or-v1-)?[A-Za-z0-9_-]{20,}          # OpenAI, Anthropic, OpenRouter
    | \bgsk_[A-Za-z0-9]{20,}                                 # Groq
    | \bhf_[A-Za-z0-9]{20,}                                  # Hugging Face
    | \bgh[pousr]_[A-Za-z0-9]{36,}                           # GitHub
    | \bgithub_pat_[A-Za-z0-9_]{22,}
    | \bglpat-[A-Za-z0-9_-]{20,}                             # GitLab
    | \bAIza[0-9A-Za-z_-]{35}                                # Google
    | \b(?:AKIA|ASIA)[0-9A-Z]{16}\b                          # AWS
    | \bxox[abprs]-[A-Za-z0-9-]{10,}                         # Slack
    | \beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}   # JSON web token
    | -----BEGIN[ ][A-Z ]*PRIVATE[ ]KEY-----[\s\S]+?-----END[ ][A-Z ]*PRIVATE[ ]KEY-----
    | (?<=://)[^/\s:@"\\]+:[^/\s@"\\]+(?=@)                  # user:password in a URL
    | (?i:(?<=bearer\ )[A-Za-z0-9._~+/=-]{16,})
    """,
    re.VERBOSE,
)
_SHORTEST = 6
"""Shorter key values are no secrets: replacing `x` or `none` everywhere would destroy the recording."""


class Redactor:
    """Replaces secrets. Holds the values of the keys in use, and counts what it replaced."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        """`secrets`: values that must never be written, such as the endpoint's key."""
        values = sorted({secret.encode() for secret in secrets if len(secret) >= _SHORTEST}, key=len, reverse=True)
        known = b"|".join(re.escape(value) for value in values)
        self._known = re.compile(known) if known else None
        self.count = 0

    def text(self, text: str) -> str:
        """The text without its secrets."""
        return self.wire(text.encode(errors="surrogatepass")).decode(errors="replace")

    def wire(self, raw: bytes) -> bytes:
        """The bytes without their secrets."""
        if self._known is not None:
            raw = self._known.sub(self._placeholder, raw)
        return _SHAPES.sub(self._placeholder, raw)

    def headers(self, headers: Headers) -> Headers:
        """Names are all kept; values only of the headers that are known to be harmless."""
        kept = []
        for name, value in headers:
            if name in KEPT_HEADERS:
                kept.append((name, self.text(value)))
            else:
                self.count += 1
                kept.append((name, _mark(value.encode(errors="surrogatepass"))))
        return tuple(kept)

    def chunks(self, chunks: Sequence[Chunk]) -> tuple[Chunk, ...]:
        """The chunks without their secrets, also where one is cut by a chunk's end: it stands where it began."""
        whole = b"".join(chunk.bytes for chunk in chunks)
        spans = self._spans(whole)
        if not spans:
            return tuple(chunks)
        self.count += len(spans)
        kept, at = [], 0
        for chunk in chunks:
            end = at + len(chunk.bytes)
            kept.append(Chunk(at=chunk.at, bytes=_without(whole, at, end, spans)))
            at = end
        return tuple(kept)

    def _spans(self, whole: bytes) -> list[tuple[int, int]]:
        found = [match.span() for match in _SHAPES.finditer(whole)]
        if self._known is not None:
            found += [match.span() for match in self._known.finditer(whole)]
        merged: list[tuple[int, int]] = []
        for start, end in sorted(found):
            if merged and start < merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((start, end))
        return merged

    def _placeholder(self, match: re.Match[bytes]) -> bytes:
        self.count += 1
        return _mark(match.group()).encode()


def _mark(secret: bytes) -> str:
    return f"[redacted {hashlib.blake2b(secret, digest_size=4, person=b'nexdiag').hexdigest()}]"


def _without(whole: bytes, start: int, end: int, spans: list[tuple[int, int]]) -> bytes:
    """`whole[start:end]` with each secret replaced in the piece where it begins, and cut from the others."""
    parts, at = [], start
    for first, last in spans:
        if last <= start or first >= end:
            continue
        parts.append(whole[at : max(at, first)])
        if first >= start:
            parts.append(_mark(whole[first:last]).encode())
        at = min(end, last)
    parts.append(whole[at:end])
    return b"".join(parts)
