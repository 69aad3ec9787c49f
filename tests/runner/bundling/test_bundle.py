"""One file to attach to a bug report."""

import io
import json
import stat
import zipfile
from pathlib import Path

import msgspec
import pytest
from report import sample

from nexdiag.codec import cassette as codec
from nexdiag.core.errors import CassetteError, NothingToDo, UsageError
from nexdiag.core.turn import LogLine
from nexdiag.runner.bundling.bundle import RECORDING, Wanted, bundle

SECRET = "sk-proj-9f8e7d6c5b4a39281706fedcba9876543210"
LINES = (
    "see /home/mrs-smith/notes and C:\\Users\\mrs-smith\\x",
    "write to mrs.smith@corp.example",
    "customer cust-123456",
)


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """One with a secret, homes and an address in its log, from a host that is somebody's own."""
    found = sample.alternation().cassette
    log = tuple(
        LogLine(at=sample.START + place, text=text, level="INFO") for place, text in enumerate((*LINES, SECRET))
    )
    header = msgspec.structs.replace(found.header, origin="http://llm.corp.example:8080/v1")
    path = tmp_path / "a name.cassette.jsonl"
    path.write_bytes(codec.encode(msgspec.structs.replace(found, header=header, log=(*found.log, *log))))
    return path


def inside(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize("content", [True, False])
def test_nothing_secret_is_in_it_and_it_says_what_is(recording: Path, tmp_path: Path, content: bool) -> None:
    """Keys, homes, addresses and the user's own patterns are replaced, in each file of it."""
    wanted = Wanted(content=content, patterns=("cust-[0-9]{6}",))
    made = bundle(recording, tmp_path / "b.zip", wanted, {"OPENAI_API_KEY": SECRET})
    held = inside(made.path)
    assert sorted(held) == ["MANIFEST.json", "findings.json", RECORDING, "report.html", "report.md", "versions.json"]
    for raw in held.values():
        assert not any(word in raw for word in (SECRET.encode(), b"mrs", b"cust-123456"))
    assert stat.S_IMODE(made.path.stat().st_mode) == 0o600
    assert any("llm.corp.example" in line for line in made.look_at) is content
    told = json.loads(held["MANIFEST.json"])
    assert {one["name"] for one in told["files"]} == set(held) - {"MANIFEST.json"}
    assert ("Now run it again" in held[RECORDING].decode()) is content
    assert "NX101" in held["report.md"].decode()
    assert json.loads(held["findings.json"])["files"][0]["findings"][0]["rule"] == "role-alternation"


def test_the_same_recording_gives_the_same_bytes(recording: Path, tmp_path: Path) -> None:
    """No clock is in it."""
    one, other = (bundle(recording, tmp_path / name, Wanted(), {}) for name in ("1.zip", "2.zip"))
    assert one.path.read_bytes() == other.path.read_bytes()


def test_a_file_that_is_there_is_not_overwritten_unasked(recording: Path, tmp_path: Path) -> None:
    """With force it is replaced whole."""
    target = tmp_path / "b.zip"
    target.write_text("precious")
    with pytest.raises(CassetteError, match="it exists"):
        bundle(recording, target, Wanted(), {})
    assert target.read_text() == "precious"
    bundle(recording, target, Wanted(force=True), {})
    assert zipfile.is_zipfile(target)


def test_without_a_name_it_is_named_for_the_recording(
    recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the directory where it was typed."""
    monkeypatch.chdir(tmp_path)
    assert bundle(recording, None, Wanted(), {}).path == Path("a-name.nexdiag.zip")


def test_what_cannot_be_bundled_leaves_nothing(recording: Path, tmp_path: Path) -> None:
    """No exchange, and a pattern that is none."""
    empty = tmp_path / "e.cassette.jsonl"
    empty.write_text('{"cassette":2}\n')
    with pytest.raises(NothingToDo):
        bundle(empty, tmp_path / "b.zip", Wanted(), {})
    with pytest.raises(UsageError):
        bundle(recording, tmp_path / "b.zip", Wanted(patterns=("(",)), {})
    assert not (tmp_path / "b.zip").exists()


def test_what_a_torn_recording_lost_is_told(recording: Path, tmp_path: Path) -> None:
    """In the manifest."""
    recording.write_bytes(recording.read_bytes()[:-30])
    made = bundle(recording, tmp_path / "b.zip", Wanted(), {})
    assert any("behind the tear" in line for line in made.left_out)
    assert any("tear" in line for line in json.loads(inside(made.path)["MANIFEST.json"])["left_out"])
