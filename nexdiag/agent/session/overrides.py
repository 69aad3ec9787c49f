"""What a chat has of its own instead of the config's: `overrides.json` in its directory, for its owner alone."""

from pathlib import Path

import msgspec

from nexdiag.agent.session import durable
from nexdiag.codec import jsontext

NAME = "overrides.json"


class Overrides(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Each is None where the config is in force."""

    model: str | None = None
    endpoint: str | None = None
    """A URL, or the name of a configured endpoint."""
    executor: str | None = None


def read_overrides(directory: Path) -> Overrides:
    """What stands there. A file that is none overrides nothing: the config is the safer word."""
    content = durable.read(directory / NAME)
    if not content.strip():
        return Overrides()
    try:
        return msgspec.convert(jsontext.read(content), Overrides)
    except (ValueError, RecursionError):
        return Overrides()


def write_overrides(directory: Path, overrides: Overrides) -> None:
    """Put them in force for the chat's next executor."""
    durable.replace(directory / NAME, msgspec.json.format(jsontext.write(overrides), indent=2) + b"\n")
