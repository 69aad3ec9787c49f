"""The head of a recording as lines: what was recorded, with what, and what a scenario expected."""

from collections.abc import Collection, Iterator
from typing import Any

import msgspec

from nexdiag.core.cassette import Header
from nexdiag.core.scenario import Scenario
from nexdiag.report.cassette.entry import compact, flat
from nexdiag.report.wording import count, date


def heading(header: Header, said: Collection[str], *, times: bool, ids: bool) -> Iterator[str]:
    """A line for each thing that is known; `said` tells which messages of the scenario are shown elsewhere."""
    rows: list[tuple[str, object]] = [
        ("cassette", f"format {header.cassette}"),
        ("tool", header.tool),
        ("created", date(header.created) if times else ""),
        ("command", header.command),
        ("origin", header.origin),
        ("model", header.model),
        ("profile", header.profile),
        ("window", header.window),
        ("max_tokens", header.max_tokens),
        ("calls", header.calls),
        ("commit", header.commit if ids else ""),
        ("libraries", ", ".join(f"{name} {version}" for name, version in sorted(header.libraries.items()))),
        ("redactions", ", ".join(header.redactions)),
    ]
    for name, value in rows:
        if value not in ("", None):
            yield f"{name:<10} {flat(str(value))}"
    if header.scenario is not None:
        yield from _scenario(header.scenario, said)


def _scenario(scenario: Scenario, said: Collection[str]) -> Iterator[str]:
    """Its name, and all that it sets or expects; what it says, where no turn says it."""
    yield f"{'scenario':<10} {flat(scenario.name)}: {count(len(scenario.say), 'message')}"
    told: dict[str, Any] = msgspec.to_builtins(scenario)
    for key, value in told.items():
        if key not in {"name", "say"}:
            yield f"  {flat(key)}: {compact(value)}"
    for number, say in enumerate(told["say"], start=1):
        wanted = {key: value for key, value in say.items() if key != "text" or value not in said}
        if wanted:
            yield f"  message {number}: {compact(wanted)}"
