"""What is told and raised when a wrapped command is over."""

from pathlib import Path

import pytest

from nexdiag.capture.redaction.secrets import mark
from nexdiag.capture.writer import Writer
from nexdiag.core.body import Body
from nexdiag.core.cassette import Header
from nexdiag.core.errors import CassetteError, NothingToDo
from nexdiag.core.exchange import Chunk, Exchange, Request, Response
from nexdiag.core.turn import LogLine
from nexdiag.runner.wrapped.outcome import Wrapped, come_of

COMMAND = ("./my-agent", "two words")
MARK = "[redacted 00c0ffee]"
OURS = mark(b"Bearer no-key-required")


def written(path: Path, *, exchanges: int = 2) -> Path:
    """A recording in which one secret was replaced, twice."""
    writer = Writer(path, Header(cassette=2))
    body = b'{"model":"m","messages":[{"role":"user","content":"hi"},{"role":"user","content":"ho"}]}'
    for number in range(exchanges):
        request = Request(
            method="POST",
            url="http://h/v1/chat/completions",
            headers=(("authorization", MARK), ("x-stainless-os", "[redacted 0badcafe]"), ("x-key", OURS)),
            body=Body.of(body),
        )
        chunks = (Chunk(at=0.0, bytes=b'{"error":{"message":"roles must alternate user/assistant"}}'),)
        response = Response(status=400, chunks=chunks)
        writer.exchange(Exchange(id=number, started=1.0, request=request, response=response))
    writer.log_line(LogLine(at=1.0, text="a line"))
    writer.close()
    return path


def test_the_file_is_counted_judged_and_told(tmp_path: Path) -> None:
    """A secret that stands in many places is one; a header that nobody knows is none, nor is our own key."""
    told: list[str] = []
    path = written(tmp_path / "a.cassette.jsonl")
    came = come_of(COMMAND, 1, path, None, told.append)
    assert (came.code, came.cassette, came.exchanges, came.log_lines, came.secrets) == (1, path, 2, 1, 1)
    assert [finding.rule for finding in came.findings] == ["role-alternation", "deterministic-error-retried"]
    size = path.stat().st_size / 1000
    assert told[0] == f"saved {path}   {size:.0f} kB · 2 exchanges · 1 log line · 1 secret redacted"
    assert told[1].startswith("error NX101 role-alternation   ")


def test_no_file_is_no_exchange(tmp_path: Path) -> None:
    """The proxy removes a file in which nothing came to stand."""
    told: list[str] = []
    came = come_of(COMMAND, 0, tmp_path / "none", None, told.append)
    assert (came.cassette, came.exchanges, told) == (None, 0, [])
    with pytest.raises(NothingToDo, match=r"no exchange recorded: \./my-agent used neither OPENAI_BASE_URL") as caught:
        came.demand_recorded()
    assert caught.value.exit_code == 4
    assert "./my-agent --base-url {proxy}/v1" in caught.value.hint
    assert "two words" not in caught.value.what + caught.value.hint


@pytest.mark.parametrize("trouble", [None, "recording stopped: No space left on device"])
def test_the_code_of_a_command_that_failed_goes_before(trouble: str | None) -> None:
    Wrapped(command=COMMAND, code=1, trouble=trouble).demand_recorded()


def test_a_recording_that_is_not_whole_is_an_error_of_its_own(tmp_path: Path) -> None:
    """It must not pass for a whole one in CI; what there is, is judged and told all the same."""
    told: list[str] = []
    path = written(tmp_path / "a.cassette.jsonl")
    came = come_of(COMMAND, 0, path, "recording stopped: No space left on device", told.append)
    assert came.exchanges == 2
    assert told[0].startswith("saved ")
    assert told[0].endswith(" · not whole")
    with pytest.raises(CassetteError, match="No space left") as caught:
        came.demand_recorded()
    assert caught.value.exit_code == 3


def test_a_file_that_somebody_removed_is_told_as_such(tmp_path: Path) -> None:
    """The command did use what it was given: what it asked was recorded, and is gone."""
    told: list[str] = []
    came = come_of(COMMAND, 0, tmp_path / "gone", None, told.append, written=3)
    assert (came.cassette, came.lacking) == (None, came.trouble)
    with pytest.raises(CassetteError, match="gone is gone: somebody removed it while 3 exchanges were") as caught:
        came.demand_recorded()
    assert caught.value.exit_code == 3
    assert "stands in that file" not in caught.value.hint


@pytest.mark.parametrize("content", [b"", b"no cassette", b'{"cassette":99}\n'])
def test_a_file_that_cannot_be_read_back_is_told(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.cassette.jsonl"
    path.write_bytes(content)
    told: list[str] = []
    came = come_of(COMMAND, 0, path, None, told.append)
    assert told[0].startswith("not checked: ")
    with pytest.raises(CassetteError):
        came.demand_recorded()
