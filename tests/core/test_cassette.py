"""Promises of `nexdiag.core.cassette`."""

from nexdiag.core.cassette import FORMAT, Cassette, Header


def test_a_header_names_the_format_that_is_written() -> None:
    """So that a reader knows whether it can read on."""
    assert Header().cassette == FORMAT == 2


def test_an_empty_recording_is_whole() -> None:
    """Nothing recorded is not the same as torn."""
    cassette = Cassette(header=Header())
    assert (cassette.turns, cassette.exchanges, cassette.tool_runs, cassette.log) == ((), (), (), ())
    assert cassette.tear is None
