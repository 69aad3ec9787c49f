"""Judged → one HTML file that stands alone: no script, no network; recorded text reaches it escaped.

For the timeline, the requests and their messages there is `nexdiag report --format html`.
"""

import base64
import hashlib
from collections.abc import Sequence
from importlib.resources import files

from nexdiag.core.finding import Finding
from nexdiag.core.judged import Judged
from nexdiag.report.lint.summary import sentence
from nexdiag.report.lint.text import place
from nexdiag.report.markup import Markup, element, joined, text, trusted
from nexdiag.report.summary import ICONS
from nexdiag.report.visible import both_ends, cut, one_line

MOST = 2000
"""Findings of a page; the rest is counted."""


def whole(judged: Sequence[Judged]) -> str:
    """The page."""
    style = files("nexdiag.report").joinpath("page.css").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    room, sections = MOST, []
    for one in judged:
        sections.append(_file(one, max(0, room)))
        room -= len(one.findings)
    more = element("p", f"{-room:,} more findings are left out: see --format json", class_="note") if room < 0 else None
    head = joined(
        Markup('<meta charset="utf-8">'),
        Markup(f'<meta http-equiv="Content-Security-Policy" content="{text(policy)}">'),
        Markup('<meta name="viewport" content="width=device-width, initial-scale=1">'),
        Markup('<meta name="color-scheme" content="light dark">'),
        element("title", f"nexdiag lint: {sentence(judged)}"),
        Markup(f"<style>{trusted(style)}</style>"),
    )
    brand = element("p", element("span", "", class_="lamp", aria_hidden="true"), "nexdiag lint", class_="brand")
    masthead = element("header", brand, element("h1", sentence(judged)), class_="masthead")
    body = element("body", masthead, element("main", *sections, more))
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>{body}</html>\n'


def _file(one: Judged, room: int) -> Markup:
    judged_as = element("p", f"judged as {one.profile}", class_="why")
    head = element("header", element("h2", one_line(one.name, 300)), judged_as)
    found = [_finding(finding) for finding in one.findings[:room]]
    clean = None if one.findings or one.unchecked else element("p", f"{ICONS['passed']} no findings")
    beside = [element("p", f"not checked: {one_line(told, 400)}", class_="note") for told in one.unchecked]
    if one.allowed:
        names = ", ".join(dict.fromkeys(finding.rule for finding in one.allowed))
        beside.append(element("p", f"allowed by its scenario: {names}"))
    return element("section", head, clean, *found, *beside, class_="run")


def _finding(finding: Finding) -> Markup:
    badge = element("span", f"{ICONS[finding.severity]} {finding.severity}", class_=f"badge is-{finding.severity}")
    code, rule = element("span", finding.code, class_="code"), element("span", finding.rule, class_="rule")
    words = element("blockquote", cut(finding.server_words or ""))
    what = element(
        "div",
        element("h3", badge, code, rule),
        element("p", both_ends(finding.summary, 1000), class_="summary"),
        element("p", one_line(place(finding), 300) or "the whole", class_="place"),
        None if finding.origin is None else element("p", f"written by {finding.origin}", class_="place"),
        element("ul", *(element("li", cut(fact)) for fact in finding.evidence), class_="evidence"),
        element("figure", element("figcaption", "The server said"), words, class_="quote words")
        if finding.server_words
        else None,
        class_="what",
    )
    fix = element("div", element("p", "Fix", class_="kicker"), element("p", cut(finding.fix)), class_="fix")
    return element("article", what, fix if finding.fix else None, class_=f"cause is-{finding.severity}")
