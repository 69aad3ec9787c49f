"""nexdiag: a flight recorder and diagnostician for agent loops on OpenAI-compatible endpoints.

nexdiag.load("five.cassette.jsonl")                     → Cassette
nexdiag.lint(cassette, profile="vllm")                  → Findings, the cause first
with nexdiag.use_cassette("chat.cassette.jsonl"):       httpx and httpx2, sync and async, recorded or played
with nexdiag.record("chat.cassette.jsonl"):             the same, always live, into a new file
with nexdiag.vcr().use_cassette("chat.cassette.jsonl"): requests, aiohttp and urllib3, through vcrpy
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from nexdiag.core.version import VERSION

if TYPE_CHECKING:
    from nexdiag.runner.foreign.through_vcr import through_vcr as vcr
    from nexdiag.runner.load import load
    from nexdiag.runner.tape import record, use_cassette

__all__ = ["__version__", "lint", "load", "record", "use_cassette", "vcr"]
__version__ = VERSION
_HOMES = {
    "load": ("nexdiag.runner.load", "load"),
    "record": ("nexdiag.runner.tape", "record"),
    "use_cassette": ("nexdiag.runner.tape", "use_cassette"),
    "vcr": ("nexdiag.runner.foreign.through_vcr", "through_vcr"),
}
"""Of each public name, the module and the name there."""


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever stands under that name
    """Import what is asked for when it is asked for: `import nexdiag` costs nothing."""
    if name == "lint":
        return import_module("nexdiag.lint")
    if name in _HOMES:
        home, there = _HOMES[name]
        return getattr(import_module(home), there)
    raise AttributeError(f"module 'nexdiag' has no attribute {name!r}")
