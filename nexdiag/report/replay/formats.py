"""The formats of `nexdiag replay`, in one table; those that can be written as each recording ends, in another."""

from collections.abc import Callable, Sequence

from nexdiag.core.run import Replayed
from nexdiag.report.replay import github, json, jsonl, junit, md, sarif, text

FORMATS: dict[str, Callable[[Sequence[Replayed]], str]] = {
    "text": text.whole,
    "json": json.whole,
    "jsonl": jsonl.whole,
    "junit": junit.whole,
    "github": github.whole,
    "sarif": sarif.whole,
    "md": md.whole,
}
STREAMED: dict[str, Callable[[Replayed], str]] = {"text": text.recording, "jsonl": jsonl.recording}
"""The part of one recording. Text has an end beside them: `text.summary`."""
