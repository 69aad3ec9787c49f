"""Patterns of what is secret, on their way to a daemon that records: in a file of its directory, mode 0600.

Law: they stand in no argument. A pattern may itself be the secret, and everybody on the machine sees arguments.
"""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from nexdiag.agent.daemon.place import ServicePlace
from nexdiag.agent.session import durable
from nexdiag.core.errors import UsageError

_patterns = msgspec.json.Decoder(tuple[str, ...])


def keep(state: Path, patterns: Iterable[str]) -> Path:
    """Put them into the file, in place of those that it held, and tell where it is."""
    place = ServicePlace(state)
    place.make()
    durable.replace(place.redactions, msgspec.json.encode(tuple(patterns)))
    return place.redactions


def forget(state: Path) -> None:
    """The next daemon has none."""
    ServicePlace(state).redactions.unlink(missing_ok=True)


def kept(path: Path) -> tuple[str, ...]:
    """Those in a file; none if there is no such file. Raises `UsageError` if it holds something else."""
    try:
        return _patterns.decode(durable.read(path) or b"[]")
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is no JSON list of expressions", hint='write: ["cust-[0-9]{6}"]') from error
