"""A study, in lines for a terminal: what varies, why, what covers it, and the rules to paste. Pure."""

import os.path
from collections.abc import Iterator

from nexdiag.report.visible import one_line
from nexdiag.runner.replaying.determinism.study import Study, Varying
from nexdiag.runner.replaying.determinism.variations import NOTHING

_WIDTH = 72
_AROUND = 24


def lines(study: Study) -> str:
    """All of it."""
    return "\n".join(_lines(study))


def _lines(study: Study) -> Iterator[str]:
    yield f"  {_counted(study.requests, 'request')}, in {study.runs} runs that differ in one thing each"
    covered = [one for one in study.varying if one.covered]
    if covered:
        rules = ", ".join(dict.fromkeys(rule for one in covered for rule in one.covered))
        fields = ", ".join(dict.fromkeys(one.pointer or "(body)" for one in covered))
        yield f"  covered  {_counted(len(covered), 'difference')}, by rule: {one_line(rules)}   in {one_line(fields)}"
    for one in study.beyond:
        yield from _of(one)
    yield from (f"  not checked  {one_line(text)}" for text in study.unchecked)
    unruled = sum(not one.rules for one in study.beyond)
    if study.rules:
        gone = "the differences are gone" if not unruled else "those that have a rule are gone, and no others"
        yield f"  To set aside what varies, put this into nexdiag.toml; with these rules {gone}:"
        yield "    [replay]"
        yield "    ignore = ["
        yield from (f"      {toml(rule)}," for rule in study.rules)
        yield "    ]"
    beyond = len(study.beyond)
    if not beyond:
        yield "  ✓ nothing varies" + (" beyond the built-in rules" if study.varying else "")
        return
    rest = f", {unruled} of them beyond what a rule can set aside" if unruled else ""
    yield f"  ✗ {_counted(beyond, 'field')} {'varies' if beyond == 1 else 'vary'} beyond the built-in rules{rest}"


def _of(one: Varying) -> Iterator[str]:
    why = "each time" if one.by == (NOTHING,) else f"by {', '.join(one.by)}"
    yield f"  varies  {one_line(one.pointer or '(body)')}   {one.kind}, {why}"
    for left, right in one.examples[:1]:
        ours, theirs = _excerpts(left, right)
        yield f"    - {ours}"
        yield f"    + {theirs}"
    if one.advice:
        yield f"    {one_line(one.advice, 200)}"


def _excerpts(left: str, right: str) -> tuple[str, str]:
    """Both texts from shortly before the first place where they differ."""
    start = max(0, len(os.path.commonprefix((left, right))) - _AROUND)  # noqa: RUF071 - characters are what is wanted
    before = "…" if start else ""
    return tuple(before + one_line(text[start:], _WIDTH) for text in (left, right))  # type: ignore[return-value]  # two


def toml(text: str) -> str:
    """The text as a string of TOML, with as few backslashes as can be."""
    if "'" not in text and text.isprintable():
        return f"'{text}'" if "\\" in text or '"' in text else f'"{text}"'
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(char if char.isprintable() else f"\\U{ord(char):08X}" for char in escaped) + '"'


def _counted(count: int, name: str) -> str:
    return f"{count} {name}{'' if count == 1 else 's'}"
