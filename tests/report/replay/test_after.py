"""The one next command."""

import pytest
from report.replay import sample

from nexdiag.core.run import Replayed
from nexdiag.report.replay.after import next_command


@pytest.mark.parametrize(
    ("done", "command"),
    [
        ([sample.exact()], "nexdiag lint cassettes/exact.cassette.jsonl"),
        ([sample.exact(), sample.one("b/c", [sample.verdict(1)])], "nexdiag lint cassettes"),
        ([sample.exact(), sample.changed()], "nexdiag cassette show cassettes/changed.cassette.jsonl --exchange 4"),
        ([sample.one("x", [sample.verdict(1, "missing")])], "nexdiag report cassettes/x.cassette.jsonl"),
        ([sample.mended(), sample.nothing()], "nexdiag capture --from 2"),
        ([sample.one("x", [sample.verdict(4, "mended")])], "nexdiag replay cassettes/x.cassette.jsonl --from 4 -e URL"),
        ([sample.expired()], "nexdiag cassette show cassettes/expired.cassette.jsonl"),
        ([sample.broken()], ""),
        ([sample.broken(), sample.exact()], ""),
        ([Replayed(path="a.cassette.jsonl", what="x", code=3)], "nexdiag cassette check a.cassette.jsonl"),
        ([sample.nothing()], ""),
        ([], ""),
    ],
)
def test_it_is_for_the_worst(done: list[Replayed], command: str) -> None:
    """A hint that stands there already is not repeated."""
    assert next_command(done) == command


def test_a_name_is_quoted_for_a_shell_and_cannot_steer_it() -> None:
    """Whatever somebody has called a file."""
    one = Replayed(path="a; rm -rf \x1b[2J.cassette.jsonl", what="x", code=3)
    assert next_command([one]) == "nexdiag cassette check 'a; rm -rf ⟨ESC⟩[2J.cassette.jsonl'"
