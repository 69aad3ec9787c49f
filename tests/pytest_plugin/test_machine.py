"""What is of this machine and this day."""

import time
from pathlib import Path
from types import SimpleNamespace

from nexdiag.pytest_plugin import machine


def test_directories_and_days_are_those_of_here_and_now(tmp_path: Path) -> None:
    """The root of the suite, the home, and pytest's own where the test has it; a day is told from today."""
    factory = SimpleNamespace(getbasetemp=lambda: tmp_path / "base")
    asked = SimpleNamespace(
        config=SimpleNamespace(rootpath=tmp_path), fixturenames=["tmp_path"], getfixturevalue=lambda name: factory
    )
    found = machine.of(asked)  # type: ignore[arg-type]  # what is needed of a request
    places = dict(found.directories)
    assert (places[str(tmp_path)], places[str(Path.home())], places[str(tmp_path / "base")]) == ("root", "home", "tmp")
    today = time.strftime("%Y-%m-%d", time.gmtime(0))
    assert found.dates is not None
    assert found.dates(0.0)(f"on {today}") == "on ⟨today⟩"
    asked.fixturenames = []
    assert "tmp" not in dict(machine.of(asked).directories).values()  # type: ignore[arg-type]  # likewise
