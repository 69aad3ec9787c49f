"""Findings as plain lines, for reading. No colour, no width: made to be piped."""

from collections.abc import Iterator, Sequence

from nexdiag.core.finding import Finding
from nexdiag.core.judged import Judged
from nexdiag.report.lint.summary import things
from nexdiag.report.visible import both_ends, cut_within, one_line
from nexdiag.report.wording import count

_WORDS = 1000
_FACTS, _FACT = 3, 160
_QUOTED = ("the server said", "the log says")
_SUMMARY = 300
"""It may quote a server, from the beginning to the end of what that said."""


def whole(judged: Sequence[Judged]) -> str:
    """For each file: its name, profile, findings, and what was not checked; the sum where there are several."""
    rows = [row for one in judged for row in _file(one)]
    if len(judged) > 1:
        rows.append(f"{things(judged)}, {count(sum(len(one.findings) for one in judged), 'finding')}")
    return "\n".join(rows)


def _file(one: Judged) -> Iterator[str]:
    yield f"{one_line(one.name)}   profile {one.profile}   {count(len(one.findings), 'finding')}"
    for finding in one.findings:
        yield from _finding(finding)
    if one.allowed:
        names = ", ".join(dict.fromkeys(finding.rule for finding in one.allowed))
        yield f"  allowed by its scenario: {count(len(one.allowed), 'finding')} ({names})"
    yield from (f"  not checked: {one_line(text)}" for text in one.unchecked)


def _finding(finding: Finding) -> Iterator[str]:
    yield f"  {finding.severity:<7} {finding.code} {finding.rule}   {place(finding)}"
    yield f"          {both_ends(finding.summary, _SUMMARY)}"
    yield from (f"          · {one_line(line, _FACT)}" for line in facts(finding)[:_FACTS])
    if finding.server_words:
        yield f"          the server: {both_ends(finding.server_words, 200)}"
    if finding.because:
        yield f"          {both_ends(finding.because, _SUMMARY)}"
    if finding.origin is not None:
        yield f"          written by {finding.origin}"
    if finding.fix:
        yield f"          fix: {one_line(finding.fix)}"
    if finding.consequences:
        told = one_line("; ".join(finding.consequences), 200)
        yield f"          and {count(len(finding.consequences), 'consequence')}: {told}"
    if finding.repeats:
        yield f"          again in {count(finding.repeats, 'later exchange')}"


def facts(finding: Finding) -> list[str]:
    """The evidence that is told nowhere else: not why it weighs so much, and not the server's words again."""
    return [line for line in finding.evidence if line != finding.because and not line.startswith(_QUOTED)]


def place(finding: Finding) -> str:
    """Turn, exchange, message and field; the field may be the address, which no pointer reaches."""
    address = ", the URL" if "url" in finding.facts and finding.location.pointer is None else ""
    return f"{finding.location}{address}".removeprefix(", ")


def diagnosis(finding: Finding) -> str:
    """One finding with what a reader needs to act: where, whose words, what to change."""
    words = cut_within(finding.server_words or "said nothing", _WORDS).split("\n")
    rows = [
        f"    {finding.code} {finding.rule}   {place(finding)}",
        f"    found       {both_ends(finding.summary, _SUMMARY)}",
        *([f"    written by  {finding.origin}"] if finding.origin is not None else []),
        f"    the server  {words[0]}",
        *(f"                {line}" for line in words[1:]),
        f"    fix         {one_line(finding.fix)}",
    ]
    return "\n".join(rows)
