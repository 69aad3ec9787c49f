"""What a refusal is about in general: a subject of the request, and a complaint of it, whoever says it and however.

Law: it is asked last, of words that no rule knows for its own, and what is about the account, the moment or the machine
is not read. What the words may be about is `subjects`' to say.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

from nexdiag.lint.subjects import KIN, ROWS

_LONGEST = 1200
"""Characters of words that are read: who says more tells a story."""
_KEPT = 256
_NOT_ABOUT_THE_REQUEST = frozenset({402, 408, 409, 425, 429, 502, 503, 504, 529})
_ELSEWHERE = re.compile(
    r"organi[sz]ation|\bverif(?:y|ied)\b|billing|quota|credits?\b|balance|subscription"
    r"|\bregion\b|country|policy|policies"
    r"|content (?:management|filter)|rate.?limit|too many requests|(?:invalid|incorrect"
    r"|missing|expired|valid|no|your) .{0,20}api[ _-]?key|permission|unauthori[sz]ed|forbidden"
    r"|overloaded|capacity|timed? ?out|certificate|\bssl\b|\bdns\b|connection refused"
    r"|credential|out of memory|cuda|safety"
    r"|copyright|traffic|econnre|socket|subscri",
    re.IGNORECASE,
)
_MARK = "\u27e8{}\u27e9"

_READY = tuple((rule, tuple(re.compile(one, re.IGNORECASE) for one in all_of)) for rule, all_of in ROWS)


@lru_cache(maxsize=_KEPT)
def read(words: str, status: int | None) -> tuple[str, ...]:
    """The rules that such a refusal is likely about, the likeliest first; none where nothing tells."""
    if status in _NOT_ABOUT_THE_REQUEST or len(words) > _LONGEST or _ELSEWHERE.search(words):
        return ()
    found = [rule for rule, all_of in _READY if all(one.search(words) for one in all_of)]
    return tuple(dict.fromkeys([*found, *(kin for rule in found for kin in KIN.get(rule, ()))]))


def means(words: str, rule: str, *, first: bool = False) -> bool:
    """Whether marked words are taken to speak of that rule's fault; `first`: of it before any other."""
    if words[-1:] != _MARK[-1]:
        return False
    mark = _MARK.format(rule)
    return (" " + mark if first else mark) in words


def likeliest(words: str, among: Iterable[str]) -> str | None:
    """Of some rules, the one that marked words are most likely about; None where they are not marked."""
    places = [(place, name) for name in among if (place := words.rfind(_MARK.format(name))) >= 0]
    return min(places)[1] if places and words[-1:] == _MARK[-1] else None


def marked(words: str, names: tuple[str, ...]) -> str:
    """The words with what they are taken to mean behind them."""
    return words + " " + "".join(_MARK.format(name) for name in names)
