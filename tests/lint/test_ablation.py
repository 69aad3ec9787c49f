"""The failures that people told of, each told in another way: what lint found, it still finds.

A floor for each way holds what the mechanisms give: one spelling for all words, unwrapping, structure, words, places.
A part of the cases stands for all, so that it costs little; a way is a function of the words, or of the exchange.
"""

import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from nexdiag.core.finding import Finding
from nexdiag.lint import gist, rules
from nexdiag.lint.engine import judge_bare
from nexdiag.lint.rule import Rule
from nexdiag.lint.seen import view
from nexdiag.lint.seen.bare import decode_bare

FILES = sorted((Path(__file__).parent / "failures").glob("*.jsonl"))
EVERY = 6
"""Of so many cases one is taken."""
NOT_SAID = {"class", "which_message_index", "index_in_request", "source", "symptom", "id"}
BLANK = {"error": {"message": "Bad Request"}}
ELSEWHERE = frozenset({"answer", "stream", "rpc", "loop", "state", "endpoint"})
"""Families of what stands in the answer itself: words alone would not hold it."""
Case = tuple[str, int | None, dict[str, Any], str]
"""Class, index, exchange, the server's words."""


def found(exchange: dict[str, Any]) -> Finding | None:
    findings = judge_bare(decode_bare(json.dumps(exchange)))[1]
    return findings[0] if findings else None


def right(case: Case, exchange: dict[str, Any], at: int | None = None) -> bool:
    """The cause comes first; at its message, where the request is known."""
    first, wanted = found(exchange), case[1] if at is None else at
    return first is not None and first.rule == case[0] and wanted in (None, first.location.message_index)


@cache
def cases() -> tuple[Case, ...]:
    """Those of which lint names the cause, as they were told."""
    kept: list[Case] = []
    lines = [line for path in FILES for line in path.read_text(encoding="utf-8").splitlines()]
    families = {rule.name: rule.family for rule in rules.EXPLAINED}
    for line in lines[::EVERY]:
        case = json.loads(line)
        exchange = {"response": case.get("symptom")} | {key: case[key] for key in case if key not in NOT_SAID}
        placed = case.get("index_in_request") is True and exchange.get("request")
        words = view.of_bare(decode_bare(json.dumps(exchange))).said.shown
        refused = (exchange.get("status") or 400) >= 400 and words
        one = (case["class"], case.get("which_message_index") if placed else None, exchange, words)
        if refused and families.get(case["class"], "answer") not in ELSEWHERE and right(one, exchange):
            kept.append(one)
    return tuple(kept)


def quoted(mark: str, end: str) -> Callable[[str], Any]:
    return lambda words: re.sub(r"(?<!\w)['\"`]([^'\"`]{1,80}?)['\"`](?!\w)", rf"{mark}\1{end}", words)


def escaped(words: str) -> str:
    return words.translate({ord(one): f"&#{ord(one)};" for one in "<>&'\""})


def pointed(words: str) -> str:
    """`messages.1.content` and `messages[1].content` as Python would write it."""
    parts = re.compile(r"\b(messages|input)((?:\.\[?\w+\]?|\[\w+\])+)")
    hops = re.compile(r"\w+")
    return parts.sub(
        lambda m: f"['{m[1]}']" + "".join(f"[{h if h.isdigit() else repr(h)}]" for h in hops.findall(m[2])), words
    )


WAYS: dict[str, tuple[float, Callable[[str], Any]]] = {
    "curly quotes": (0.97, quoted("\u201c", "\u201d")),
    "no quotes": (0.95, quoted("", "")),
    "capitals": (0.93, str.upper),
    "lines": (0.97, lambda words: re.sub(r"(.{40,60}?) ", r"\1\n    ", words)),
    "Python's paths": (0.95, pointed),
    "nginx": (0.97, lambda words: f"<html><head><title>400 Bad Request</title></head><p>{escaped(words)}</p></html>"),
    "Go's JSON": (0.97, lambda words: {"error": words.replace("'", "\\u0027").replace("<", "\\u003c")}),
    "colours": (0.97, lambda words: "\x1b[2m13:45:01Z\x1b[0m \x1b[31mERROR " + words.replace(" ", " \x1b[1m", 1)),
    "Rust": (
        0.96,
        lambda words: f"ApiError {{ status: 400, body: {json.dumps(json.dumps({'error': {'message': words}}))} }}",
    ),
    "traceback": (
        0.96,
        lambda words: f"  raise E\nopenai.BadRequestError: Error code: 400 - { ({'error': {'message': words}})!r}",
    ),
    "cut": (0.88, lambda words: json.dumps({"error": {"type": "invalid_request_error", "message": words}})[:220]),
    "OpenRouter": (0.97, lambda words: {"error": {"message": "Provider returned error", "metadata": {"raw": words}}}),
}


def short(kept: list[Case], good: list[Case]) -> str:
    return "; ".join(f"{one[0]}: {one[3][:80]}" for one in kept if one not in good)


@pytest.mark.parametrize("way", WAYS)
def test_words_told_in_another_way_name_the_same(way: str) -> None:
    """Cause and message, of nearly all."""
    floor, told = WAYS[way]
    kept = [one for one in cases() if len(one[3]) < 1500]
    good = [one for one in kept if right(one, one[2] | {"response": told(one[3]), "log": None})]
    assert len(good) >= floor * len(kept), short(kept, good)


@pytest.mark.parametrize(("server", "floor"), [(None, 0.96), ("openai compatible proxy", 0.96), ("some gateway", 0.96)])
def test_the_name_of_the_server_is_not_needed(server: str | None, floor: float) -> None:
    """Words and structure name the cause."""
    good = [one for one in cases() if right(one, one[2] | {"server": server})]
    assert len(good) >= floor * len(cases()), short([*cases()], good)


def test_structure_alone() -> None:
    """Where the server says nothing, what the request shows is named in more than half."""
    kept = [one for one in cases() if one[1] is not None]
    good = [one for one in kept if right(one, one[2] | {"response": BLANK, "log": None})]
    assert len(good) >= 0.7 * len(kept), short(kept, good)


def test_words_alone() -> None:
    """Where the request is not known, they name the cause."""
    kept = [one for one in cases() if one[2].get("request")]
    good = [one for one in kept if right((one[0], None, {}, ""), one[2] | {"request": None})]
    assert len(good) >= 0.82 * len(kept), short(kept, good)


def test_words_that_no_rule_has_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    """With all that the rules know of servers' words gone, subject and complaint still name the cause of most."""

    def explains(rule: Rule, words: str, status: int | None) -> bool:
        return gist.means(words, rule.name)

    def tells(rule: Rule, words: str, status: int | None) -> bool:
        return gist.means(words, rule.name, first=True)

    kept = cases()
    monkeypatch.setattr(Rule, "explains", explains)
    monkeypatch.setattr(Rule, "tells", tells)
    good = [one for one in kept if right((one[0], None, {}, ""), one[2])]
    assert len(good) >= 0.7 * len(kept), short([*kept], good)


def test_ten_turns_before_it() -> None:
    """A long history changes nothing but the index."""
    turns = [{"role": role, "content": f"turn {n}"} for n in range(10) for role in ("user", "assistant")]
    kept = [one for one in cases() if one[1] and isinstance((one[2]["request"] or {}).get("messages"), list)]
    kept = [
        one for one in kept if one[2]["request"]["messages"][0].get("role") == "user" and not re.search(r"\d", one[3])
    ]
    good = []
    for one in kept:
        request = one[2]["request"] | {"messages": turns + one[2]["request"]["messages"]}
        good += [one] if right(one, one[2] | {"request": request}, (one[1] or 0) + len(turns)) else []
    assert kept
    assert len(good) >= 0.9 * len(kept), short(kept, good)
