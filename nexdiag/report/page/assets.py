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
_REPORT = ("clock.js", "timeline.js", "filter.js", "search.js", "times.js", "explorer.js", "keys.js", "report.js")
_SCRIPTS = {"report": (*_SHARED, *_REPORT), "diff": (*_SHARED, "keys.js", "comparison.js", "diff.js"), "lint": ()}
_STYLES = {
    "report": ("base.css", "summary.css", "plots.css", "explorer.css", "turn.css", "narrow.css"),
    "diff": ("base.css", "summary.css", "explorer.css", "turn.css", "diff.css", "narrow.css"),
    "lint": ("base.css", "summary.css", "lint.css", "narrow.css"),
}


class Assets(msgspec.Struct, frozen=True, kw_only=True):
    """What a kind of page runs and how it looks."""

    script: str
    style: str

    @property
    def policy(self) -> str:
        """Our script, where there is one, and our style alone; no network, no frames, no forms, no markup sinks."""
        ours = f"script-src '{_hash(self.script)}'; " if self.script else ""
        return (
            f"default-src 'none'; {ours}style-src '{_hash(self.style)}'; "
            "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
        )


def assets(kind: str) -> Assets:
    """The script and the style of one kind of page: `report`, `diff`, or `lint`, which has no script."""
    pieces = [asset(name) for name in _SCRIPTS[kind]]
    script = '"use strict";\n(() => {\n' + "\n".join(pieces) + "})();\n" if pieces else ""
    return Assets(script=script, style="\n".join(asset(name) for name in _STYLES[kind]))


def asset(name: str) -> str:
    """One file of the page."""
    return files("nexdiag.report.page").joinpath(name).read_text("utf-8")


def _hash(content: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
