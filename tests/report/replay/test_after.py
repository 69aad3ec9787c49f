"""The one next command."""

import msgspec
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
        (
            [sample.one("x", [sample.verdict(4, "mended")], how="served", command="./agent 'a'")],
            "nexdiag capture -- ./agent a",
        ),
        ([sample.one("x", [sample.verdict(1)], how="resent")], "nexdiag replay cassettes/x.cassette.jsonl -- COMMAND"),
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


def test_what_is_recorded_anew_is_recorded_at_the_same_server() -> None:
    """A command that names none would be refused."""
    one = sample.one("x", [sample.verdict(4, "mended")], how="served", command="./agent")
    assert one.run is not None
    header = msgspec.structs.replace(one.run.cassette.header, origin="http://127.0.0.1:9/v1")
    cassette = msgspec.structs.replace(one.run.cassette, header=header)
    there = msgspec.structs.replace(one, run=msgspec.structs.replace(one.run, cassette=cassette))
    assert next_command([there]) == "nexdiag capture --upstream http://127.0.0.1:9/v1 -- ./agent"


def test_a_secret_that_stood_in_a_command_is_told() -> None:
    """The placeholder alone looks like something to be typed."""
    one = sample.one("x", [sample.verdict(1)], how="resent", command="./agent '[redacted 0a1b2c3d]'")
    told = "   # a secret stood where it says [redacted …]: put it there"
    assert next_command([one]).endswith(f"-- ./agent '[redacted 0a1b2c3d]'{told}")
