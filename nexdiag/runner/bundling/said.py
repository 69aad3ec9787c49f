"""What a server says when it refuses, without what it only says again: words and names of the request. Pure."""

import re
from collections.abc import Iterator
from functools import cache

from nexdiag.codec import jsontext
from nexdiag.lint import profiles
from nexdiag.runner.bundling.names import Names
from nexdiag.runner.bundling.vocabulary import KEYS, SCHEMA_KEYS, WORDS

_WORD = re.compile(r"\w+", re.ASCII)
_NAME = re.compile(r"[^\s'\"`,;:()\[\]{}<>=]+")
_QUOTING = re.compile(
    r"(?:failed to parse|could not parse|parse error|at pos(?:ition)?|model output|failed_generation)[^:]{0,80}:",
    re.IGNORECASE,
)
"""Behind it stands what the model wrote."""
_SHORTEST = 3
_RUN = 24
_TELLING = 6
_LONGEST_WORD = 60
_LONGEST = 20_000
_DEEPEST = 200


class Echo:
    """Knows what was asked, to know it again in the answer."""

    def __init__(self, request: bytes, names: Names) -> None:
        """`request`: the body as it was sent."""
        self._names = names
        try:
            said = "\n".join(_strings(jsontext.read(request)))
        except ValueError:
            said = request.decode(errors="replace")
        self._said = said.lower()
        self._words = {word for word in _WORD.findall(self._said) if len(word) >= _TELLING} - _own()

    def without(self, text: str) -> str:
        """The same text, sign for sign, with `x` for what was said in the request."""
        if len(text) > _LONGEST:
            return "x" * len(text)
        out = [sign if sign.isascii() else "x" for sign in text]
        quoting = _QUOTING.search(text)
        if quoting is not None:
            out[quoting.end() :] = "x" * (len(text) - quoting.end())
        lower = text.lower()
        for found in _WORD.finditer(lower):
            word = found[0]
            if len(word) >= _SHORTEST and word not in _own() and (word in self._said or self._holds(word)):
                out[found.start() : found.end()] = "x" * len(word)
        for at in range(len(lower) - _RUN + 1):
            if lower[at : at + _RUN] in self._said:
                out[at : at + _RUN] = "x" * _RUN
        for found in _NAME.finditer(text):
            named = self._names.known(found[0].encode())
            if named is not None and len(named) == len(found[0]) and found[0].lower() not in _own():
                out[found.start() : found.end()] = named.decode()
        return "".join(out)

    def _holds(self, word: str) -> bool:
        """Whether a word of the request is within this one."""
        if len(word) > _LONGEST_WORD:
            return True
        starts = range(len(word) - _TELLING + 1)
        return any(word[at:end] in self._words for at in starts for end in range(at + _TELLING, len(word) + 1))


def _strings(value: object, depth: int = 0) -> Iterator[str]:
    """All strings, those in strings that are JSON included, and keys."""
    if isinstance(value, str):
        yield value
        if value[:1] in ("{", "[", '"') and depth < _DEEPEST:
            try:
                inner = jsontext.read(value)
            except ValueError:
                return
            yield from _strings(inner, depth + 1)
    elif isinstance(value, dict) and depth < _DEEPEST:
        for key, inner in value.items():
            yield key
            yield from _strings(inner, depth + 1)
    elif isinstance(value, list) and depth < _DEEPEST:
        for inner in value:
            yield from _strings(inner, depth + 1)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield str(value)


@cache
def _own() -> frozenset[str]:
    """The servers' own words: those of the protocols, and of the refusals that are known."""
    texts = [str(refusal.body) for profile in profiles.ALL for refusal in profile.refuses]
    words = {word.lower() for text in (*texts, *KEYS, *SCHEMA_KEYS, *WORDS, _COMMON) for word in _WORD.findall(text)}
    return frozenset(words)


_COMMON = """
    the a an is are was be been not no of to in on for from with without and or but if it its this that these those
    must should can cannot could may will would has have had does do did only any all each every some other same than
    after before between following followed by as at when where which while request requests server bad invalid valid
    error expected found got given missing required unknown unsupported supported allowed support use used please see
    more less most least first last next previous one two length value values field fields key keys input output
    conversation roles role alternate message messages system user assistant tool tools call calls response context
    tokens token maximum limit exceeded large small size model models parameter parameters argument arguments schema
"""
