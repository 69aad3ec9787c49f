"""Reports as plain lines: findings of `lint`. No colour, no width: made to be piped."""

from collections.abc import Iterator, Sequence

from nexdiag.core.finding import Finding
from nexdiag.report.visible import both_ends, cut_within, one_line
from nexdiag.report.wording import count

_WORDS = 1000
_SUMMARY = 300
"""It may quote a server, from the beginning to the end of what that said."""


def judged(files: Sequence[tuple[str, str, Sequence[Finding], Sequence[str]]]) -> str:
    """For each file: its name, profile, findings, and what was not checked."""
    rows: list[str] = []
    total = 0
    for file, profile, findings, unchecked in files:
        rows.append(f"{one_line(file)}   profile {profile}   {count(len(findings), 'finding')}")
        for finding in findings:
            rows += _finding(finding)
        rows += [f"  not checked: {one_line(text)}" for text in unchecked]
        total += len(findings)
    if len(files) > 1:
        rows.append(f"{count(len(files), 'file')}, {count(total, 'finding')}")
    return "\n".join(rows)


def _finding(finding: Finding) -> Iterator[str]:
    yield f"  {finding.severity:<7} {finding.code} {finding.rule}   {_place(finding)}"
    yield f"          {both_ends(finding.summary, _SUMMARY)}"
    if finding.server_words:
        yield f"          the server: {both_ends(finding.server_words, 200)}"
    if finding.fix:
        yield f"          fix: {one_line(finding.fix)}"
    if finding.repeats:
        yield f"          again in {count(finding.repeats, 'later exchange')}"


def _place(finding: Finding) -> str:
    """Turn, exchange, message and field; the field may be the address, which no pointer reaches."""
    address = ", the URL" if "url" in finding.facts and finding.location.pointer is None else ""
    return f"{finding.location}{address}".removeprefix(", ")


def spoken(number: int, said: str, reply: str | None, error: str | None, seconds: float) -> str:
    """One message of a live smoke as it is settled."""
    mark, text = ("✓", reply) if reply is not None else ("✗", error)
    return f"  turn {number} {mark} {one_line(said, 34):<34} → {one_line(text or '', 46):<46} {seconds:5.2f} s"


def diagnosis(finding: Finding) -> str:
    """One finding with what a reader needs to act: where, whose words, what to change."""
    words = cut_within(finding.server_words or "said nothing", _WORDS).split("\n")
    rows = [
        f"    {finding.code} {finding.rule}   {_place(finding)}",
        f"    found       {both_ends(finding.summary, _SUMMARY)}",
        f"    the server  {words[0]}",
        *(f"                {line}" for line in words[1:]),
        f"    fix         {one_line(finding.fix)}",
    ]
    return "\n".join(rows)
