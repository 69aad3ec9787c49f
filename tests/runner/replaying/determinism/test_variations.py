"""What is made different from one run to the next."""

import datetime as dt
import os
import subprocess
import sys

from nexdiag.runner.replaying.determinism.variations import FIRST, FOR_COMMAND, FOR_EXECUTOR, NOTHING


def test_each_variation_changes_one_thing() -> None:
    """The rest is as in the first run, so that whatever differs came of that one thing."""
    for one in FOR_EXECUTOR:
        variables = {name for name, value in one.environment.items() if FIRST.environment.get(name) != value}
        flags = [one.elsewhere, one.home, bool(one.ahead), one.reversed_tools, one.reversed_results, bool(variables)]
        assert sum(flags) == (one.kind != NOTHING)


def test_one_run_repeats_the_first() -> None:
    """What differs there differs each time, whatever is varied."""
    assert next(one for one in FOR_COMMAND if one.kind == NOTHING).environment == FIRST.environment


def test_the_two_zones_never_have_the_same_day() -> None:
    """They are 26 hours apart, at any hour, and need no table of zones."""
    late = next(one for one in FOR_COMMAND if one.kind == "time zone")
    code = "import datetime as dt; print(*(dt.datetime.fromtimestamp(h * 3600).date() for h in range(24)))"
    days = []
    for one in (FIRST, late):
        environment = {**os.environ, **one.environment}
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
        days.append([dt.date.fromisoformat(day) for day in done.stdout.split()])
    assert all(early < late for early, late in zip(*days, strict=True))
