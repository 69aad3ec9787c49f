"""The page's own script and style, and the policy that names both by their hashes.

Law: a page may load nothing and run nothing but these. Recorded text never comes here.
"""

import base64
import hashlib
from importlib.resources import files

import msgspec

_SHARED = (
    "dom.js",
    "text.js",
    "blocks.js",
    "model.js",
    "message.js",
    "curl.js",
    "stream.js",
    "exchange.js",
    "rows.js",
    "turn.js",
)
_REPORT = ("clock.js", "timeline.js", "filter.js", "search.js", "explorer.js", "keys.js", "report.js")
_SCRIPTS = {"report": (*_SHARED, *_REPORT), "diff": (*_SHARED, "keys.js", "comparison.js", "diff.js")}
_STYLES = {
    "report": ("base.css", "summary.css", "plots.css", "explorer.css", "turn.css", "narrow.css"),
    "diff": ("base.css", "summary.css", "explorer.css", "turn.css", "diff.css", "narrow.css"),
}


class Assets(msgspec.Struct, frozen=True, kw_only=True):
    """What a kind of page runs and how it looks."""

    script: str
    style: str

    @property
    def policy(self) -> str:
        """Our script and style alone; no network, no frames, no forms, no markup sinks."""
        return (
            f"default-src 'none'; script-src '{_hash(self.script)}'; style-src '{_hash(self.style)}'; "
            "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
        )


def assets(kind: str) -> Assets:
    """The script and the style of one kind of page: `report` or `diff`."""
    script = '"use strict";\n(() => {\n' + "\n".join(asset(name) for name in _SCRIPTS[kind]) + "})();\n"
    return Assets(script=script, style="\n".join(asset(name) for name in _STYLES[kind]))


def asset(name: str) -> str:
    """One file of the page."""
    return files("nexdiag.report.page").joinpath(name).read_text("utf-8")


def _hash(content: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
