"""Subjects → the portability table: which requests each of several servers would refuse."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from nexdiag.core.endpoint import Profile
from nexdiag.core.errors import NexdiagError, NothingToDo, UsageError
from nexdiag.core.portability import Portability
from nexdiag.lint import portability, profiles
from nexdiag.runner.linting.choice import Choice
from nexdiag.runner.linting.subjects import Recording, Requests, Subject, read


def servers_of(text: str) -> tuple[Profile, ...]:
    """The profiles that a list names, each once: `vllm,mistral`. Raises `UsageError` for one that there is not."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise UsageError("--against names no server", hint="for example: --against vllm,mistral,openai")
    found = [profiles.named(name) for name in names]
    if unknown := [profile.name for profile in found if not profile.known]:
        raise UsageError(f"{unknown[0]} is no server to compare with: nothing is stated of it", hint="name another")
    return tuple({profile.name: profile for profile in found}.values())


def tables(
    paths: Sequence[Path],
    servers: Sequence[Profile],
    choice: Choice | None = None,
    bad: list[NexdiagError] | None = None,
) -> list[Portability]:
    """A table for each file, of the rules that are wanted. Raises `NothingToDo` where no request asked a model.

    What cannot be read is put into `bad`, where that is given and it is not all there is.
    """
    found = [table for subject in read(paths, bad) if (table := _table(subject, servers)) is not None]
    made = [table if choice is None else _kept(table, choice.rules(table.file)) for table in found]
    if not made and bad:
        return []
    if not any(table.rows for table in made):
        raise NothingToDo("no request asks a model: nothing to compare", hint="name a recording or a request")
    return made


def _kept(table: Portability, wanted: frozenset[str]) -> Portability:
    rows = (
        msgspec.structs.replace(
            row, against=tuple(tuple(one for one in found if one.rule in wanted) for found in row.against)
        )
        for row in table.rows
    )
    return msgspec.structs.replace(table, rows=tuple(rows))


def _table(subject: Subject, servers: Sequence[Profile]) -> Portability | None:
    if isinstance(subject, Recording):
        torn = (f"the end of the file: {subject.cassette.tear}",) if subject.cassette.tear else ()
        made = portability.of_cassette(subject.cassette, servers)
        return msgspec.structs.replace(made, file=subject.name, unchecked=(*torn, *subject.lost))
    if isinstance(subject, Requests):
        return portability.of_bare(subject.bares, servers, file=subject.name)
    return None
