"""What is of this machine and this day in a request: its directories, and the clock by which dates are told.

Law: snapshots are equal on every machine; whatever is known of this one comes from here.
"""

import os
import tempfile
import time
from pathlib import Path

import pytest

from nexdiag.replay.matching import dates
from nexdiag.report.snapshot.masks import Dates, Machine


def of(request: pytest.FixtureRequest) -> Machine:
    """The one on which a test runs."""
    places = [(str(request.config.rootpath), "root"), (str(Path.home()), "home")]
    if {"tmp_path", "tmp_path_factory", "tmpdir"} & set(request.fixturenames):
        factory = request.getfixturevalue("tmp_path_factory")
        places.append((str(factory.getbasetemp()), "tmp"))
    temporary = tempfile.gettempdir()
    return Machine(
        directories=tuple(
            {spelled: name for path, name in places for spelled in (path, os.path.realpath(path))}.items()
        ),
        temporary=tuple(dict.fromkeys((temporary, os.path.realpath(temporary)))),
        dates=_dates,
        times=lambda at, number, name: _now(at).holds(number, name),
    )


def _now(at: float | None) -> dates.Now:
    moment = time.time() if at is None else at
    return dates.Now(dates.day_of(moment), span=(moment, moment))


def _dates(at: float | None) -> Dates:
    now = _now(at)
    return lambda text: now.replace(
        text, lambda _, __, mark: "⟨" + mark.strip("⟦").replace("date", "today").replace("⟧", "⟩")
    )
