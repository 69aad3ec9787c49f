"""Judged → one HTML file that stands alone: no script, no network; recorded text reaches it escaped.

For the timeline, the requests and their messages there is `nexdiag report --format html`.
"""

from collections.abc import Sequence

from nexdiag.core.finding import Finding
from nexdiag.core.judged import Judged
from nexdiag.report.lint.summary import sentence
from nexdiag.report.lint.text import facts, place
from nexdiag.report.markup import Markup, element, joined, quoted, text, trusted
from nexdiag.report.page.assets import assets
from nexdiag.report.summary import ICONS
from nexdiag.report.visible import both_ends, cut, one_line

MOST = 2000
"""Findings of a page; the rest is counted."""


def whole(judged: Sequence[Judged]) -> str:
    """The page."""
    own = assets("lint")
    room, sections = MOST, []
    for one in judged:
        if _told(one):
            sections.append(_file(one, max(0, room)))
        room -= len(one.findings)
    clean = [one for one in judged if not _told(one)]
    more = element("p", f"{-room:,} more findings are left out: see --format json", class_="note") if room < 0 else None
    head = joined(
        Markup('<meta charset="utf-8">'),
        Markup(f'<meta http-equiv="Content-Security-Policy" content="{text(own.policy)}">'),
        Markup('<meta name="viewport" content="width=device-width, initial-scale=1">'),
        Markup('<meta name="color-scheme" content="light dark">'),
        element("title", f"nexdiag lint: {one_line(sentence(judged), 160)}"),
        Markup(f"<style>{trusted(own.style)}</style>"),
    )
    brand = element("p", element("span", "", class_="lamp", aria_hidden="true"), "nexdiag lint", class_="brand")
    topline = element("div", brand, class_="topline")
    masthead = element("header", topline, element("h1", sentence(judged)), class_="masthead")
    body = element("body", masthead, element("main", *sections, more, _clean(clean), class_="files"))
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>{body}</html>\n'


def _told(one: Judged) -> bool:
    """Whether there is more to tell of a file than that nothing was found."""
    return bool(one.findings or one.unchecked or one.allowed)


def _clean(judged: Sequence[Judged]) -> Markup | None:
    """The files in which nothing was found, in a list at the end."""
    if not judged:
        return None
    rows = (
        element("li", element("span", one_line(one.name, 300)), " ", element("span", one.profile, class_="judged-as"))
        for one in judged
    )
    head = element("h2", element("span", ICONS["passed"], class_="icon", aria_hidden="true"), "No findings")
    return element("section", element("header", head), element("ul", *rows), class_="run clean")


def _file(one: Judged, room: int) -> Markup:
    judged_as = element("p", f"judged as {one.profile}", class_="judged-as")
    head = element("header", element("h2", one_line(one.name, 300)), judged_as)
    found = [_finding(finding) for finding in one.findings[:room]]
    beside = [element("p", f"not checked: {one_line(told, 400)}", class_="note") for told in one.unchecked]
    if one.allowed:
        names = ", ".join(dict.fromkeys(finding.rule for finding in one.allowed))
        beside.append(element("p", f"allowed by its scenario: {names}"))
    return element("section", head, *found, *beside, class_="run")


def _list(told: Sequence[str], kind: str) -> Markup | None:
    """Facts to check, or what is there because of it."""
    return element("ul", *(element("li", cut(one)) for one in told), class_=kind) if told else None


def _finding(finding: Finding) -> Markup:
    badge = element("span", f"{ICONS[finding.severity]} {finding.severity}", class_=f"badge is-{finding.severity}")
    code, rule = element("span", finding.code, class_="code"), element("span", finding.rule, class_="rule")
    words = quoted(cut(finding.server_words or ""))
    what = element(
        "div",
        element("h3", badge, code, rule),
        element("p", both_ends(finding.summary, 1000), class_="summary"),
        element("p", one_line(place(finding), 300) or "the whole", class_="place"),
        None if finding.origin is None else element("p", f"written by {finding.origin}", class_="place"),
        element("p", cut(finding.because), class_="because") if finding.because else None,
        _list(facts(finding), "evidence"),
        _list(finding.consequences, "consequences"),
        element("figure", element("figcaption", "The server said"), words, class_="quote words")
        if finding.server_words
        else None,
        class_="what",
    )
    fix = element("div", element("p", "Fix", class_="kicker"), element("p", cut(finding.fix)), class_="fix")
    return element("article", what, fix if finding.fix else None, class_=f"cause is-{finding.severity}")
