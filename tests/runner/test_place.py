"""Where recordings and reports are put."""

from pathlib import Path

import pytest

from nexdiag.runner.place import cassette_path, name_of, next_recording, page_path


@pytest.mark.parametrize(
    ("endpoint", "scenario", "path"),
    [
        ("http://127.0.0.1:8080", "two-messages", "127.0.0.1-8080/two-messages"),
        ("https://api.example.com/v1/chat?x=1", "a b", "api.example.com/a-b"),
        ("https://me:secret@host:1/v1", "s", "host-1/s"),
        ("http://[::1]:8080", "s", "1-8080/s"),
        ("http://h", "../../etc/passwd", "h/etc-passwd"),
        ("http://..", "--help", "unnamed/help"),
        ("", "", "unnamed/unnamed"),
        ("http://h", "x" * 300, "h/" + "x" * 100),
    ],
)
def test_a_recording_is_named_for_its_server_and_scenario(endpoint: str, scenario: str, path: str) -> None:
    """Host, port and scenario; no credentials, no way out of the directory, no name that a disk refuses."""
    assert str(cassette_path(endpoint, scenario)) == f"cassettes/{path}.cassette.jsonl"


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("two-messages", "two-messages"),
        ("/a/b/five.cassette.jsonl", "five"),
        ("5 recordings", "5-recordings"),
        ("", "unnamed"),
    ],
)
def test_a_page_is_named_for_what_it_is_about(title: str, name: str) -> None:
    """A name that needs no quotes in a shell."""
    assert str(page_path(title)) == f"reports/{name}.html"


def test_a_recording_is_never_written_over(tmp_path: Path) -> None:
    """The next one gets a file of its own; a link that leads nowhere is in the way, too."""
    path = tmp_path / "c.cassette.jsonl"
    assert next_recording(path) == path
    path.touch()
    assert next_recording(path) == tmp_path / "c-2.cassette.jsonl"
    (tmp_path / "c-2.cassette.jsonl").symlink_to(tmp_path / "gone")
    assert next_recording(path) == tmp_path / "c-3.cassette.jsonl"


@pytest.mark.parametrize(
    ("said", "name"),
    [("say this and that", "say-this"), ("Say - this!", "Say-this"), ("abcdefghijklm", "abcdefghij"), (" ..?", "")],
)
def test_a_long_name_ends_with_a_word(said: str, name: str) -> None:
    """Unless it is one word; and what makes no name gives none."""
    assert name_of(said, longest=10) == name
