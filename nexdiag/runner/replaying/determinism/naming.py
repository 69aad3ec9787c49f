"""What differs in a field → of which kind it is, and a rule that would set it aside. Pure.

A rule is `POINTER` (the whole field) or `POINTER=REGEX` (what the expression finds in its text). The whole of a text
that is said to the model is never set aside: a replay that does not look at it would find nothing.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from nexdiag.runner.replaying.determinism.varying import PATH, REQUESTS, Contrast

ID, DATE, WHERE, ORDER, RANDOM = "id", "date", "path", "order", "random"

_DATES = r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?"
_DAYS = r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
_MONTHS = r"(?:January|February|March|April|May|June|July|August|September|October|November|December)"
_CLASSES: tuple[tuple[str, str], ...] = (
    (ID, r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"),
    (DATE, _DATES),
    (DATE, _DAYS),
    (DATE, rf"(?:\d{{1,2}}\.? )?{_MONTHS}(?: \d{{1,2}})?,? \d{{4}}"),
    (DATE, r"\d{1,2}[./]\d{1,2}[./]\d{4}"),
    (DATE, r"\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?"),
    (WHERE, r"(?<![\w/.:])/[\w.@+~/-]*\w"),
    (ID, r"0x[0-9a-f]{6,16}"),
    (ID, r"\b[0-9a-f]{16,64}\b"),
    (ID, r"\b(?:call|chatcmpl|msg|req|resp|run|toolu|fc|sess)[-_][A-Za-z0-9_-]{6,}"),
    (DATE, r"\b1[5-9]\d{8}(?:\.\d+|\d{3})?\b"),
)
"""Kinds of what varies, and what finds them in a text: those that say most stand first."""
_WORDS = re.compile(r"\w+")
_SAID = re.compile(r"/(?:messages|input|system|instructions)(?:/|$)")
"""Fields whose text the model is told."""
_WORD = re.compile(r"[\w.:+-]*\w")
_PART = re.compile(r"[\w.:+-]")
_BEFORE = re.compile(r"\S*\w\S*[:=#]\W*$"), re.compile(r"(?:\S+\s+)?\S*\w\S*\s*$")
"""What a word is found by: the one before it that introduces it (`run: `), else the two before it."""
_LAST_WORD = re.compile(r"\S*\w\S*\s*$")
_LONGEST_CONTEXT = 60
_GONE = "\0"
"""Stands for what a rule has found already."""
_MOST_WORDS = 5
"""Words of one field that vary: more than these have nothing in common that a rule could say."""
_NO_FIELD = {
    REQUESTS: "it does not ask for the same each time: no rule can set that aside",
    PATH: "the address itself varies: rules are about bodies",
}


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """What a field's differences come to."""

    kind: str
    rules: tuple[str, ...] = ()
    advice: str = ""
    """What to do where no rule can help."""


def named(pointer: str, found: Sequence[Contrast]) -> Named:
    """The kind of what varies in a field, and the rules that may set it aside."""
    if pointer in _NO_FIELD:
        return Named(kind=RANDOM, advice=_NO_FIELD[pointer])
    if any(one.kind == "order" for one in found):
        return Named(kind=ORDER, advice=f"put what stands in {pointer} in one order before it is sent")
    strings = [(one.left, one.right) for one in found if isinstance(one.left, str) and isinstance(one.right, str)]
    if len(strings) < len(found):
        return _whole(pointer, RANDOM)
    if all(_reordered(left, right) for left, right in strings):
        return Named(kind=ORDER, advice=f"sort what is written into {pointer}: a set has no order of its own")
    return _in_texts(pointer, strings)


def _in_texts(pointer: str, strings: Sequence[tuple[str, str]]) -> Named:
    classes = _classes(strings)
    if not classes:
        beside = tuple(f"{pointer}={expression}" for expression in _beside(strings))
        return Named(kind=RANDOM, rules=beside) if beside else _whole(pointer, RANDOM)
    if _SAID.search(pointer) and any(kind == WHERE for kind, _ in classes):
        classes = [each for one in classes for each in (_narrowed(one, strings) if one[0] == WHERE else [one])]
        if not _explain(classes, strings):
            return Named(kind=WHERE, advice=f"a path in {pointer} is another one each time: run it in one directory")
    kind, expression = classes[0]
    if len(classes) == 1 and all(re.fullmatch(expression, text) for pair in strings for text in pair):
        whole = _whole(pointer, kind)
        if whole.rules:
            return whole
    return Named(kind=kind, rules=tuple(f"{pointer}={expression}" for _, expression in classes))


def _narrowed(one: tuple[str, str], strings: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """A class, with what stands before the places that vary: a rule for any path would hide every path."""
    kind, expression = one
    found: dict[str, None] = {}
    for left, right in strings:
        for ours, theirs in zip(re.finditer(expression, left), re.finditer(expression, right), strict=False):
            line = left[: ours.start()].rpartition("\n")[2][-_LONGEST_CONTEXT:]
            before = _BEFORE[0].search(line) or _BEFORE[1].search(line)
            if before is not None and any(re.search(each, before[0]) for _, each in _CLASSES):
                before = _LAST_WORD.search(line)  # what stands further before it varies, too
            if ours[0] != theirs[0] and before is not None:
                found[before[0]] = None
    return [(kind, re.escape(before).replace("\\ ", " ") + expression) for before in list(found)[:_MOST_WORDS]]


def _whole(pointer: str, kind: str) -> Named:
    if _SAID.search(pointer) or not pointer:
        return Named(kind=kind, advice=f"{pointer or 'the body'} is another one each time: make it the same")
    return Named(kind=kind, rules=(pointer,))


def _reordered(left: str, right: str) -> bool:
    """Whether both say the same words in another order: a set that was written out."""
    ours, theirs = _WORDS.findall(left), _WORDS.findall(right)
    return ours != theirs and sorted(ours) == sorted(theirs)


def _classes(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The fewest classes that explain every pair; none if all of them together do not."""
    pairs = list(pairs)
    for one in _CLASSES:
        if _explain([one], pairs):
            return [one]
    if not _explain(_CLASSES, pairs):
        return []
    kept = list(_CLASSES)
    for one in reversed(_CLASSES):
        fewer = [each for each in kept if each is not one]
        if _explain(fewer, pairs):
            kept = fewer
    return kept


def _explain(classes: Iterable[tuple[str, str]], pairs: Iterable[tuple[str, str]]) -> bool:
    expressions = [re.compile(expression) for _, expression in classes]
    return all(_without(left, expressions) == _without(right, expressions) for left, right in pairs)


def _without(text: str, expressions: Iterable[re.Pattern[str]]) -> str:
    for expression in expressions:
        text = expression.sub(_GONE, text)
    return text


def _beside(pairs: Sequence[tuple[str, str]]) -> list[str]:
    """Expressions for words that vary, each found by what stands before it; none where that does not explain all."""
    found: dict[str, list[str]] = {}
    for left, right in pairs:
        words = list(_words(left, right))
        if not words:
            return []
        for before, *two in words:
            found.setdefault(before, []).extend(two)
    if len(found) > _MOST_WORDS:
        return []
    made = []
    for before, words_there in found.items():
        numbers = all(word.isdecimal() for word in words_there)
        made.append(re.escape(before).replace("\\ ", " ") + (r"\d+" if numbers else _WORD.pattern))
    expressions = [re.compile(expression) for expression in made]
    explained = all(_without(left, expressions) == _without(right, expressions) for left, right in pairs)
    return made if explained else []


def _words(left: str, right: str) -> Iterator[tuple[str, str, str]]:
    """What stands before each word in which two texts differ, and the word in both; nothing if they differ in more."""
    found: list[tuple[str, str, str]] = []
    while left != right:
        start = next((at for at, (one, two) in enumerate(zip(left, right, strict=False)) if one != two), 0)
        while start and _PART.match(left[start - 1]):
            start -= 1
        one, two = _WORD.match(left, start), _WORD.match(right, start)
        line = re.split(f"[\n{_GONE}]", left[:start])[-1][-_LONGEST_CONTEXT:]
        before = _BEFORE[0].search(line) or _BEFORE[1].search(line)
        if one is None or two is None or before is None or len(found) == _MOST_WORDS:
            return
        found.append((before[0], one[0], two[0]))
        left, right = left[one.end() :], right[two.end() :]
    yield from found


def stripped(texts: Iterable[str], rules: Iterable[str]) -> list[str]:
    """The texts without what the rules of their field find in them."""
    expressions = [re.compile(rule.partition("=")[2]) for rule in rules if "=" in rule]
    return [_without(text, expressions) for text in texts]


def shown(value: Any) -> str:  # noqa: ANN401 - any JSON value
    """A value as an example."""
    if isinstance(value, str):
        return value
    try:
        return msgspec.json.encode(value).decode()
    except (TypeError, UnicodeEncodeError, RecursionError):
        return ascii(value)
