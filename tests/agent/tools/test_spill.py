"""What is too long for the model is kept whole, under a name that was never used before."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.agent.tools import spill as spill_module
from nexdiag.agent.tools.output import head
from nexdiag.agent.tools.spill import KEPT, Spill, prune


def test_what_fits_is_not_kept(tmp_path: Path) -> None:
    """A short output costs no file, and no directory."""
    spill = Spill(tmp_path / "out", root=tmp_path)
    assert spill.fit("bash", "x" * 100, 100) == "x" * 100
    assert list(tmp_path.iterdir()) == []


def test_what_is_cut_says_where_all_of_it_is(tmp_path: Path) -> None:
    """The note names the file as seen from the working directory, and the file has every character."""
    text = "".join(f"line {n} ä\n" for n in range(1000))
    cut = Spill(tmp_path / "state" / "out", root=tmp_path).fit("bash", text, 500)
    assert len(cut) <= 500
    assert "characters left out" in cut
    assert "state/out/00001-bash.txt; read_file shows parts, grep searches it]" in cut
    kept = tmp_path / "state" / "out" / "00001-bash.txt"
    assert kept.read_text() == text
    assert kept.stat().st_mode & 0o077 == 0


def test_a_path_outside_the_working_directory_is_whole(tmp_path: Path) -> None:
    """A shell in the working directory can use what the note says."""
    (tmp_path / "work").mkdir()
    cut = Spill(tmp_path / "out", root=tmp_path / "work").fit("x", "y" * 9999, 600)
    assert f"{tmp_path}/out/00001-x.txt" in cut


def test_no_session_writes_over_the_output_of_another(tmp_path: Path) -> None:
    """Later sessions, and others beside it, take other names (reference fault L22)."""
    first, second = (Spill(tmp_path, root=tmp_path) for _ in range(2))
    for at, spill in enumerate((first, second, first, Spill(tmp_path, root=tmp_path), second)):
        spill.fit("bash", f"output {at} " * 100, 300)
    kept = sorted(path.read_text()[:8] for path in tmp_path.iterdir())
    assert kept == [f"output {at}" for at in range(5)]


def test_without_a_directory_the_cut_is_all_there_is(tmp_path: Path) -> None:
    """No state directory, no file; and no note of one."""
    cut = Spill(None, root=tmp_path).fit("bash", "x" * 1000, 100, cut=head)
    assert len(cut) <= 100
    assert "read_file" not in cut


def test_a_directory_that_cannot_be_written_costs_the_file_and_nothing_else(tmp_path: Path) -> None:
    """The model still gets its cut output."""
    (tmp_path / "file").write_text("")
    cut = Spill(tmp_path / "file" / "out", root=tmp_path).fit("bash", "x" * 1000, 100)
    assert len(cut) <= 100


@pytest.mark.parametrize("tool", ["../../evil", "a/b", "\0", "x" * 500, "", "weird__tool"])
def test_a_tool_name_cannot_lead_out_of_the_directory(tmp_path: Path, tool: str) -> None:
    """Names of MCP tools come from outside."""
    Spill(tmp_path / "out", root=tmp_path).fit(tool, "x" * 1000, 300)
    assert [path.parent for path in tmp_path.rglob("*.txt")] == [tmp_path / "out"]


def test_an_output_that_comes_in_pieces_makes_a_file_only_when_it_is_long(tmp_path: Path) -> None:
    """Up to the limit it waits in memory; what is not wanted in the end is removed."""
    spill = Spill(tmp_path / "out", root=tmp_path)
    with spill.begin("bash", 10) as whole:
        whole.add(b"12345")
        assert not (tmp_path / "out").exists()
        whole.add(b"67890ab")
        whole.add(b"c")
        assert "13 bytes" in whole.end(wanted=True)
    assert (tmp_path / "out/00001-bash.txt").read_bytes() == b"1234567890abc"
    with spill.begin("bash", 10) as whole:
        whole.add(b"x" * 20)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["00001-bash.txt"]


@given(st.lists(st.binary(max_size=30), max_size=12), st.integers(0, 40))
def test_the_file_has_the_very_bytes(tmp_path_factory: pytest.TempPathFactory, pieces: list[bytes], limit: int) -> None:
    """However the pieces fall about the limit, nothing is lost or doubled."""
    folder = tmp_path_factory.mktemp("out")
    with Spill(folder, root=folder).begin("x", limit) as whole:
        for piece in pieces:
            whole.add(piece)
        note = whole.end(wanted=True)
    assert bool(note) == (len(b"".join(pieces)) > limit)
    assert [path.read_bytes() for path in folder.iterdir()] == [b"".join(pieces)] * bool(note)


def test_a_file_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that prints for ever does not fill the disk, and the note says that the file is not all."""
    monkeypatch.setattr(spill_module, "SIZE", 1 << 20)
    with Spill(tmp_path, root=tmp_path).begin("x", 0) as whole:
        for _ in range(20):
            whole.add(b"x" * 100_000)
        assert whole.end(wanted=True).startswith("\n[the first 1 MiB of the whole output, 2000000 bytes")
    assert (tmp_path / "00001-x.txt").stat().st_size == 1 << 20


def test_a_full_disk_costs_the_file_not_the_run() -> None:
    """/dev/full refuses every byte; the output goes on without a note."""
    whole = spill_module.Growing(lambda: (open("/dev/full", "wb", buffering=0), Path("/nonexistent/x"), "x"), 0)  # noqa: PTH123, SIM115 - a device, closed by what is tested
    whole.add(b"abc")
    whole.add(b"def")
    assert whole.end(wanted=True) == ""


def test_old_outputs_are_removed_and_others_left_alone(tmp_path: Path) -> None:
    """Seven days later they are gone; the count goes on; what is not ours stays."""
    spill = Spill(tmp_path, root=tmp_path, clock=lambda: 1e9)
    spill.fit("bash", "x" * 1000, 300)
    for name in ("00007-grep.txt", "notes.txt", "00001-bash.txt"):
        (tmp_path / name).write_text("old")
        os.utime(tmp_path / name, (1e9 - KEPT - 1, 1e9 - KEPT - 1))
    Spill(tmp_path, root=tmp_path, clock=lambda: 1e9).fit("bash", "x" * 1000, 300)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["00008-bash.txt", "notes.txt"]


def test_pruning_tells_what_there_was(tmp_path: Path) -> None:
    """Names of removed files count: a name is never used twice."""
    (tmp_path / "00003-a.txt").write_text("")
    os.utime(tmp_path / "00003-a.txt", (1, 1))
    assert prune(tmp_path, spill_module._NAME, 2.0) == ["00003-a.txt"]
    assert list(tmp_path.iterdir()) == []
