"""`nexdiag replay`."""

import io
from pathlib import Path

import msgspec
import pytest

from nexdiag.cli.app import run
from nexdiag.codec import cassette as codec
from nexdiag.endpoint import serving, stub
from nexdiag.lint import profiles
from nexdiag.runner.load import load

TWO = str(Path(__file__).parents[2] / "examples" / "two-messages.toml")


@pytest.fixture
def cassette(tmp_path: Path) -> Path:
    path = tmp_path / "two.cassette.jsonl"
    with serving.running(stub.StubEndpoint(profiles.named("llama.cpp"))) as url:
        assert run(["capture", TWO, "-e", url, "-m", "m", "--cassette", str(path)]) == 0
    return path


def test_an_unchanged_executor_replays_exactly(cassette: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A line a turn for one, a line a recording for a directory of them; exit 0."""
    capsys.readouterr()
    assert run(["replay", str(cassette.parent)]) == 0
    assert "2 turns exact" in capsys.readouterr().out
    assert run(["replay", str(cassette)]) == 0
    shown = capsys.readouterr().out
    assert "turn 1 ✓ exact" in shown
    assert "turn 2 ✓ exact" in shown
    assert "sessions are equal" in shown


def test_a_divergence_is_shown_once_and_exits_1(
    cassette: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Turn, path and both values of the first difference; the later ones are counted; under 25 lines."""
    monkeypatch.setattr("nexdiag.runner.play.system_prompt", lambda **_: "Another prompt.")
    capsys.readouterr()
    assert run(["replay", str(cassette)]) == 1
    rows = capsys.readouterr().out.splitlines()
    assert len(rows) < 25
    assert "/messages/0/content" in "\n".join(rows)
    assert sum("Another prompt." in row for row in rows) == 1
    assert any("only because this one did" in row for row in rows)


def test_a_torn_cassette_is_replayed_up_to_the_tear_and_fails(
    cassette: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What it holds is replayed; it never passes, alone or among others, and what mends it is told."""
    raw = cassette.read_bytes()
    assert b'"log"' in raw.splitlines()[-1]  # so both turns are whole
    cassette.write_bytes(raw[:-20])
    capsys.readouterr()
    for path in (cassette, cassette.parent):
        assert run(["replay", str(path)]) == 3
        shown = capsys.readouterr().out
        assert "turn 2 ✓ exact" in shown
        assert f"{cassette} is torn at line {len(raw.splitlines())}: " in shown
        assert f"hint: nexdiag cassette repair {cassette}" in shown


def test_a_torn_cassette_without_a_whole_turn_is_broken(cassette: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is not one that holds nothing to replay."""
    header, *_ = cassette.read_bytes().splitlines(keepends=True)
    cassette.write_bytes(header + b'{"exch')
    capsys.readouterr()
    assert run(["replay", str(cassette)]) == 3
    assert "is torn at line 2: " in capsys.readouterr().err


def test_a_recording_that_ends_before_its_scenario_says_what_is_not_checked(
    cassette: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is no failure, and not exact either; one turn alone says nothing of the others."""
    whole = load(cassette)
    first = msgspec.structs.replace(
        whole, turns=whole.turns[:1], exchanges=tuple(one for one in whole.exchanges if one.turn == 1), log=()
    )
    cassette.write_bytes(codec.encode(first))
    capsys.readouterr()
    assert run(["replay", str(cassette)]) == 0
    shown = capsys.readouterr().out
    assert "not checked: 1 of the scenario's 2 messages were recorded" in shown
    assert "exact:" not in shown
    assert run(["replay", str(cassette), "--turn", "1"]) == 0
    assert "messages were recorded" not in capsys.readouterr().out


def test_a_cassette_comes_from_stdin(
    cassette: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a plain replay; another way says how to do it."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(cassette.read_bytes())))
    capsys.readouterr()
    assert run(["replay", "-"]) == 0
    assert "turn 2 ✓ exact" in capsys.readouterr().out
    assert run(["replay", "-", "--faults", "all"]) == 2
    assert "stdin" in capsys.readouterr().err


def test_an_empty_name_is_not_the_working_directory(capsys: pytest.CaptureFixture[str]) -> None:
    """An empty variable of a shell must not replay everything that is there."""
    assert run(["replay", ""]) == 2
    assert "empty" in capsys.readouterr().err


def test_what_was_not_played_is_named_once(cassette: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Behind the first that fails, with --fail-fast."""
    broken, later = cassette.parent / "a.cassette.jsonl", cassette.parent / "z.cassette.jsonl"
    broken.write_bytes(cassette.read_bytes()[:-20])
    later.write_bytes(cassette.read_bytes())
    capsys.readouterr()
    assert run(["replay", str(cassette.parent), "--fail-fast"]) == 3
    assert capsys.readouterr().out.count("z.cassette.jsonl") == 1


def test_each_of_several_is_headed_by_its_file_and_told_apart(
    cassette: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What cannot be played is told with its hint on stderr, and does not keep the others from it."""
    empty, broken = cassette.parent / "a.cassette.jsonl", cassette.parent / "b.cassette.jsonl"
    empty.write_text('{"cassette":1}\n')
    capsys.readouterr()
    assert run(["replay", str(empty), str(cassette)]) == 0
    shown = capsys.readouterr()
    assert shown.out.startswith(f"✓ {cassette}")
    assert [line.split(":")[0] for line in shown.err.splitlines()] == ["error", "hint"]
    assert str(empty) in shown.err
    broken.write_bytes(b"\x00")
    assert run(["replay", str(cassette.parent)]) == 3
    shown = capsys.readouterr()
    assert shown.out.startswith(f"✓ {cassette}")
    assert "2 turns exact" in shown.out
    assert [line.split(":")[0] for line in shown.err.splitlines()] == ["error", "hint"] * 2
    assert run(["replay", str(empty), str(empty)]) == 4


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        (None, 3, "no cassette at"),
        (b"", 3, "is empty"),
        (b"\x00\x01", 3, "is no cassette"),
        (b'{"cassette":99}\n', 3, "format 99"),
        (b'{"cassette":1}\n', 4, "no exchange to replay"),
        (b'{"cassette":1}\n{"exchange":0}x\n{"turn":1}\n', 3, "broken at line 2"),
    ],
)
def test_what_cannot_be_replayed_says_why(
    tmp_path: Path, content: bytes | None, code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line what, one line hint, the exit code of the contract."""
    path = tmp_path / "x.cassette.jsonl"
    if content is not None:
        path.write_bytes(content)
    assert run(["replay", str(path)]) == code
    shown = capsys.readouterr().err.splitlines()
    assert said in shown[0]
    assert len(shown) == 2
