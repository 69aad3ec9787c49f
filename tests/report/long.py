"""A long recording, read once for all tests of a process."""

import functools
import re

from report import sample

from nexdiag.core.run import Run
from nexdiag.report.summary import RunFacts, run_facts

TURNS = 450


@functools.cache
def long_run() -> Run:
    """More turns than a plot has marks."""
    return sample.long_run(TURNS)


@functools.cache
def long_facts() -> RunFacts:
    """Its facts."""
    return run_facts(long_run())


def boxes(plot: str) -> dict[str, int]:
    """How many marks of each kind a plot has."""
    return {kind: path.count("M") for path, kind in re.findall(r'<path d="([^"]*)" class="(\w+)"', plot)}
