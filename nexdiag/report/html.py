"""Report → one HTML file that stands alone: a summary to read without scripts, and the explorer that they add.

Law: recorded content is hostile. The page may load nothing and run nothing but its own script and style, which the
policy names by hash; recorded text reaches it as escaped text or packed in blocks, never as markup.
"""

import re

from nexdiag.core.run import Report
from nexdiag.report.markup import Markup, joined, text, trusted
from nexdiag.report.page.assets import asset, assets
from nexdiag.report.payload import run_payload
from nexdiag.report.sections import masthead, run_cards, run_section, unchecked
from nexdiag.report.summary import headline, run_facts

WARN_FROM = 10_000_000
"""Characters of a page from which a mail refuses it and a browser takes its time."""
_SLOT = re.compile(r"\{\{(\w+)\}\}")


def render(report: Report) -> str:
    """The whole page."""
    runs = tuple(run_facts(run) for run in report.runs)
    payloads = [run_payload(facts, number) for number, facts in enumerate(runs, 1)]
    return page(
        "report",
        title=text(f"{report.title} · nexdiag"),
        masthead=masthead(report, headline(report, runs)),
        runs=run_cards(runs) if len(runs) > 1 else Markup(""),
        sections=joined(*(run_section(facts, number) for number, facts in enumerate(runs, 1))),
        foot=unchecked(report),
        indexes=joined(*(payload.index for payload in payloads)),
        blocks=joined(*(piece for payload in payloads for piece in payload.blocks)),
    )


def page(kind: str, **slots: Markup) -> str:
    """A page of that kind. The script stands before the blocks: it shows the first rows while they are still read."""
    own = assets(kind)
    filled = slots | {"policy": trusted(own.policy), "style": trusted(own.style), "script": trusted(own.script)}
    return _SLOT.sub(lambda slot: filled[slot[1]], asset("page.html"))


def size_warning(size: int, runs: int = 1) -> str:
    """What to tell of a page of so many characters; empty where there is nothing to tell."""
    if size < WARN_FROM:
        return ""
    advice = "one page a recording is smaller" if runs > 1 else "a shorter recording makes a smaller one"
    return f"the page is {size / 1e6:.0f} MB: it opens at once, but few mail or issue trackers take it; {advice}"
