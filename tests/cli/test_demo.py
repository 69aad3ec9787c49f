"""`nexdiag demo`, as a stranger types it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize("arguments", [[], ["--stub"]], ids=["llama", "stub"])
@pytest.mark.real
def test_the_demo_ends_well_and_leaves_only_its_report(tmp_path: Path, arguments: list[str]) -> None:
    """Against the real llama.cpp and against the stub: four faults named, one page written, nothing else left."""
    scratch, home = tmp_path / "scratch", tmp_path / "home"
    scratch.mkdir()
    home.mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "nexdiag", "demo", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=home,
        env={"PATH": "/usr/bin:/bin", "TMPDIR": str(scratch), "HOME": str(home)},
    )
    assert done.returncode == 0, done.stderr
    assert "4 of 4 faults named" in done.stdout
    for told in ("turns exact", "NX601 base-url-missing-v1", "NX602 model-name-prefix", "NX101 role-alternation"):
        assert told in done.stderr
    assert "NX701 stream-options-unsupported" in done.stderr
    assert [path.relative_to(home) for path in home.rglob("*") if path.is_file()] == [Path("reports/demo.html")]
    assert list(scratch.iterdir()) == []


def test_keep_keeps_the_scratch_directory(tmp_path: Path) -> None:
    """--keep leaves cassettes, state and log, and says where."""
    done = subprocess.run(
        [sys.executable, "-m", "nexdiag", "demo", "--stub", "--keep", "--reports", str(tmp_path / "r")],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": "/usr/bin:/bin", "TMPDIR": str(tmp_path)},
    )
    (kept,) = tmp_path.glob("nexdiag-demo-*")
    assert f"kept {kept}" in done.stderr
    assert len(list(kept.glob("*.cassette.jsonl"))) == 5
    assert (kept / "state" / "service" / "daemon.log").exists()


def test_a_report_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    """Any failure says what and why, and leaves nothing running."""
    (tmp_path / "file").touch()
    done = subprocess.run(
        [sys.executable, "-m", "nexdiag", "demo", "--stub", "--reports", str(tmp_path / "file")],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", "TMPDIR": str(tmp_path)},
    )
    assert done.returncode == 3
    assert "error: cannot write" in done.stderr
    assert list(tmp_path.glob("nexdiag-demo-*")) == []


def skeleton(text: str) -> list[str]:
    """The lines of the demo without what differs from run to run: times, ports, sizes, the tiny model's words."""
    lines = [
        re.sub(r"→.*", "→", re.sub(r"[\d.,]+ ?(?:s|kB)\b|\b\d+\b", "#", line)).rstrip() for line in text.splitlines()
    ]
    return [re.sub(r" +", " ", line) for line in lines if line]


@pytest.mark.real
def test_the_readme_shows_what_the_demo_prints(tmp_path: Path) -> None:
    """The block in the README is the demo's own output; it is renewed by pasting a new one."""
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    shown = readme.split("```text\n", 1)[1].split("\n```", 1)[0]
    done = subprocess.run(
        [sys.executable, "-m", "nexdiag", "demo"], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert sorted(skeleton(shown)) == sorted(skeleton(done.stderr + done.stdout))
