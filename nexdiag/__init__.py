"""nexdiag: a flight recorder and diagnostician for agent loops on OpenAI-compatible endpoints.

nexdiag.load("five.cassette.jsonl")        → Cassette
nexdiag.lint(cassette, profile="vllm")     → Findings, the cause first
"""

from typing import TYPE_CHECKING, Any

from nexdiag.core.version import VERSION

if TYPE_CHECKING:
    from nexdiag.runner.load import load

__all__ = ["__version__", "lint", "load"]
__version__ = VERSION


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever stands under that name
    """Import what is asked for when it is asked for: `import nexdiag` costs nothing."""
    if name == "load":
        from nexdiag.runner.load import load as found  # noqa: PLC0415 - a door

        return found
    if name == "lint":
        import nexdiag.lint  # noqa: PLC0415 - a door

        return nexdiag.lint
    raise AttributeError(f"module 'nexdiag' has no attribute {name!r}")
