"""Report → one HTML file that stands alone: a summary to read without scripts, and the explorer that they add.

Law: recorded content is hostile. The page may load nothing and run nothing but its own script and style, which the
policy names by hash; recorded text reaches it as escaped text or as JSON, never as markup.
"""

import base64
import gzip
import hashlib
import json
import re
from importlib.resources import files
from typing import Any

from nexdiag.core.run import Report
from nexdiag.report.json import plain
from nexdiag.report.markup import Markup, element, joined, text, trusted
from nexdiag.report.payload import run_payload
from nexdiag.report.sections import masthead, run_cards, run_section, unchecked
from nexdiag.report.summary import headline, run_facts

_SCRIPTS = ("page_dom.js", "page_timeline.js", "page_exchange.js", "page.js")
_PACK_FROM = 1_000_000
"""Characters of JSON from which a run is packed: reading packed runs costs a moment, carrying plain ones megabytes."""
_SLOT = re.compile(r"\{\{(\w+)\}\}")


def render(report: Report) -> str:
    """The whole page."""
    runs = tuple(run_facts(run) for run in report.runs)
    style = _asset("page.css")
    script = '"use strict";\n(() => {\n' + "\n".join(_asset(name) for name in _SCRIPTS) + "})();\n"
    slots = {
        "policy": trusted(_policy(script, style)),
        "title": text(f"{report.title} · nexdiag"),
        "style": trusted(style),
        "masthead": masthead(report, headline(report, runs)),
        "runs": run_cards(runs) if len(runs) > 1 else Markup(""),
        "sections": joined(*(run_section(facts, number) for number, facts in enumerate(runs, 1))),
        "foot": unchecked(report),
        "payloads": joined(*(_payload(number, run_payload(facts)) for number, facts in enumerate(runs, 1))),
        "script": trusted(script),
    }
    return _SLOT.sub(lambda slot: slots[slot[1]], _asset("page.html"))


def _asset(name: str) -> str:
    return files("nexdiag.report").joinpath(name).read_text("utf-8")


def _policy(script: str, style: str) -> str:
    """Nothing but our own script and style, known by their hashes; no network, no frames, no forms, no markup sinks."""
    return (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; "
        "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )


def _hash(content: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()


def _payload(number: int, value: dict[str, Any]) -> Markup:
    """A run's JSON, in ASCII and without `<`, so that no recorded text can end the element; packed if it is large."""
    written = json.dumps(plain(value), allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")
    if len(written) < _PACK_FROM:
        return element("script", trusted(written), type="application/json", id=f"nexdiag-run-{number}")
    packed = base64.b64encode(gzip.compress(written.encode("ascii"), 6, mtime=0)).decode()
    return element("script", trusted(packed), type="text/plain", id=f"nexdiag-run-{number}", data_packed="gzip")
