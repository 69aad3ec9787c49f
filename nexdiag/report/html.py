"""Report → one HTML file that stands alone: a summary to read without scripts, and the explorer that they add.

Law: recorded content is hostile. The page may load nothing and run nothing but its own script and style, which the
policy names by hash; recorded text reaches it as escaped text or packed in blocks, never as markup.
"""

import re
from collections.abc import Sequence

from nexdiag.core.run import Report
from nexdiag.report.markup import Markup, text, trusted
from nexdiag.report.page.assets import asset, assets
from nexdiag.report.payload import run_payload
from nexdiag.report.sections import masthead, run_cards, run_section, unchecked
from nexdiag.report.summary import headline, run_facts
from nexdiag.report.visible import one_line

_SLOT = re.compile(r"\{\{(\w+)\}\}")


def render(report: Report) -> str:
    """The whole page."""
    runs = tuple(run_facts(run) for run in report.runs)
    payloads = [run_payload(facts, number) for number, facts in enumerate(runs, 1)]
    return page(
        "report",
        title=(text(f"{one_line(report.title, 160)} · nexdiag"),),
        masthead=(masthead(report, headline(report, runs)),),
        runs=(run_cards(runs),) if len(runs) > 1 else (),
        sections=[run_section(facts, number, report.title) for number, facts in enumerate(runs, 1)],
        foot=(unchecked(report),),
        indexes=[payload.index for payload in payloads],
        blocks=[piece for payload in payloads for piece in payload.blocks],
    )


def page(kind: str, **slots: Sequence[Markup]) -> str:
    """A page of that kind, joined once: its blocks are nearly all of it.

    The script stands before the blocks: it shows the first rows while they are still read.
    """
    own = assets(kind)
    filled = slots | {"policy": (text(own.policy),), "style": (trusted(own.style),), "script": (trusted(own.script),)}
    pieces: list[str] = []
    for place, piece in enumerate(_SLOT.split(asset("page.html"))):
        pieces += filled[piece] if place % 2 else (piece,)
    return "".join(pieces)
