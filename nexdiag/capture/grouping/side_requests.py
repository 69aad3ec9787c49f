"""Which requests are of no conversation: by their route, or by their shape beside a conversation under way. Pure.

By shape only if several things speak for it; and the first conversation of a recording is never an aside. What is
taken for a session by mistake is told one time too many; what is taken for an aside would be missing from its turn.
"""

import re

import msgspec

from nexdiag.capture.grouping.entries import spoken
from nexdiag.capture.grouping.tree import Asked

_ROUTES = (
    ("count_tokens", re.compile(r"/(?:count_tokens|tokenize|detokenize|apply-template|input_tokens)$")),
    ("embeddings", re.compile(r"/(?:embeddings?|embed|rerank|score)$")),
    ("models", re.compile(r"/(?:models(?:/.*)?|props|tags|show|ps|version|get_model_info)$")),
    ("health", re.compile(r"/(?:health|healthz|ready|ping|metrics|slots)$|^/$")),
    ("completions", re.compile(r"/(?:completions?|generate|infill)$")),
    ("compact", re.compile(r"/compact$")),
)
_TITLE = re.compile(r"\b(?:titles?|topic|headline|name (?:for|of) (?:this|the) (?:chat|conversation))\b", re.IGNORECASE)
_SUMMARY = re.compile(r"\b(?:summar(?:y|ies|i[sz]e[sd]?|i[sz]ing)|compact(?:ion|ing)?|recap)\b", re.IGNORECASE)
_FEW = 1024
"""Tokens of an answer that is a title or a yes."""
_ENOUGH = 3
"""How much has to speak for it."""
_LONGEST = 4000
"""Characters in which words such as `title` are looked for: an instruction stands at the beginning or the end."""


class Beside(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation under way, as far as it tells a side request from another conversation."""

    model: str = ""
    tools: bool = False
    limit: int | None = None
    said: str = ""
    """The user's latest words."""
    system: str = ""
    busy: bool = False
    """A request of it is under way, or its tools are: a user says nothing new meanwhile."""


def by_route(path: str) -> str:
    """What a request is for that no conversation is made of."""
    route = path.partition("?")[0].rstrip("/") or "/"
    return next((kind for kind, pattern in _ROUTES if pattern.search(route)), "other")


def by_shape(asked: Asked, said: str, beside: Beside) -> str:
    """What a request is for that begins anew while `beside` goes on; empty for another conversation."""
    if asked.tools or asked.node.answers:
        return ""
    kind = _words(asked.system, said)
    few = asked.limit is not None and asked.limit <= _FEW and (beside.limit is None or asked.limit < beside.limit)
    again = asked.system != beside.system and spoken(said) == spoken(beside.said)
    quotes = _quotes(said, beside.said)
    own = bool(kind) + (asked.model != beside.model) + few + asked.formed + again + 2 * quotes
    weight = own + 2 * beside.tools + beside.busy
    return (kind or "side request") if own and weight >= _ENOUGH else ""


def in_passing(asked: Asked, said: str, beside: Beside) -> str:
    """What a request is for that goes on from `beside`, but asks for a summary of it instead of going on with it."""
    other = (beside.tools and not asked.tools) or (beside.busy and asked.system != beside.system)
    return _words("", said) if other else ""


def _words(system: str, said: str) -> str:
    ends = " ".join((system[:_LONGEST], said[:_LONGEST], said[-_LONGEST:]))
    return "title" if _TITLE.search(ends) else "summary" if _SUMMARY.search(ends) else ""


def _quotes(said: str, other: str) -> bool:
    """Whether the words hold the user's latest words, and more than them."""
    mine, theirs = spoken(said), spoken(other)[:_LONGEST]
    return len(mine) > len(theirs) > 7 and theirs in mine  # noqa: PLR2004 - `Hello` stands in many a text
