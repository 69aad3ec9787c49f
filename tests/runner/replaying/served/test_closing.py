"""The environment of a replayed command, and who tried to leave it."""

import os
from pathlib import Path

import pytest

from nexdiag.capture.proxy.upstream import Upstream
from nexdiag.runner.replaying.served import closed_child
from nexdiag.runner.replaying.served.closing import Escape, closed, escapes

URL = "http://127.0.0.1:4711"
NOTES = Path("/somewhere/notes")
GUARD = str(Path(closed_child.__file__).parent)


def test_every_client_is_led_to_the_replay_server_wherever_it_went_before() -> None:
    """Also one that was told another server than the one that was recorded: nothing goes live."""
    before = {"OPENAI_BASE_URL": "https://other.example/v1", "ANTHROPIC_BASE_URL": "https://third.example"}
    found = closed(before, URL, Upstream.of("https://model.example/v1"), NOTES)
    assert (found["OPENAI_BASE_URL"], found["ANTHROPIC_BASE_URL"]) == (f"{URL}/v1", URL)
    assert found["NEXDIAG_PROXY_URL"] == URL


def test_a_url_without_its_version_segment_lacks_it_still() -> None:
    """As when it was recorded: replay shows a mistake as the recording does."""
    before = {"OPENAI_BASE_URL": "http://127.0.0.1:8000"}
    assert closed(before, URL, Upstream.of("http://127.0.0.1:8000/v1"), NOTES)["OPENAI_BASE_URL"] == URL


def test_whoever_honours_a_proxy_comes_by_and_is_refused() -> None:
    """In both spellings; hosts that were to be reached without a proxy are none any more, but this machine."""
    before = {"HTTPS_PROXY": "http://company:3128", "NO_PROXY": "*.example", "no_proxy": "*"}
    found = closed(before, URL, None, NOTES)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        assert found[name] == URL
    assert found["NO_PROXY"] == found["no_proxy"] == "127.0.0.1,localhost,::1"
    assert found["NODE_USE_ENV_PROXY"] == "1"


def test_a_key_is_there_for_clients_that_do_not_start_without_one() -> None:
    """One that opens nothing; the user's own is left."""
    found = closed({"ANTHROPIC_API_KEY": "mine", "OPENAI_API_KEY": ""}, URL, None, NOTES)
    assert (found["OPENAI_API_KEY"], found["ANTHROPIC_API_KEY"]) == ("no-key-required", "mine")


@pytest.mark.parametrize("before", ["", "/mine"])
def test_python_finds_the_guard_first_and_what_it_found_before(before: str) -> None:
    found = closed({"PYTHONPATH": before}, URL, None, NOTES)
    assert found["PYTHONPATH"].split(os.pathsep) == [GUARD, *([before] if before else [])]
    assert found["NEXDIAG_REFUSED"] == str(NOTES)


@pytest.mark.parametrize(
    ("origin", "there"),
    [
        ("http://localhost:8000/v1", "8000"),
        ("http://LOCALHOST:8000/v1", "8000"),
        ("http://0.0.0.0:8000/v1", "8000"),
        ("http://127.0.0.2:8000/v1", "8000"),
        ("http://[::1]:8000/v1", "8000"),
        ("http://[::ffff:127.0.0.1]:8000/v1", "8000"),
        ("http://llama.localhost:8000/v1", "8000"),
        ("http://127.example.com:8000/v1", ""),
        ("https://model.example/v1", ""),
        (f"{URL}/v1", ""),
    ],
)
def test_the_recorded_server_is_closed_if_it_is_on_this_machine(origin: str, there: str) -> None:
    """By whatever name it was recorded; unless the replay server has taken its very port."""
    assert closed({}, URL, Upstream.of(origin), NOTES)["NEXDIAG_CLOSED"] == there


def test_each_escape_is_told_once_with_how_often(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    notes.write_text("h:1\tf.py:3 in f\tprogram\nh:1\tf.py:3 in f\tother\nx:2\tg.py:1 in g\tp\n")
    assert escapes(notes) == (
        Escape(address="h:1", site="f.py:3 in f", times=2),
        Escape(address="x:2", site="g.py:1 in g"),
    )


def test_notes_may_be_anything(tmp_path: Path) -> None:
    """The command may have written there, or removed them."""
    assert escapes(tmp_path / "none") == ()
    notes = tmp_path / "notes"
    notes.write_bytes(b"\xff\x00" + b"a" * 5_000_000)
    (one,) = escapes(notes)
    assert len(one.address) == 200
    notes.write_text("".join(f"{at}\n" for at in range(100)))
    assert len(escapes(notes)) == 20
