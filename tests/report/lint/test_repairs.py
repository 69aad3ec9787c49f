"""Repairs as a diff."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from nexdiag.report.lint.repairs import diff, written

BEFORE = {"model": "m", "messages": [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]}
AFTER = {"model": "m", "messages": [{"role": "user", "content": "a\n\nb"}]}


@pytest.mark.skipif(not shutil.which("patch") and not os.environ.get("CI"), reason="patch is not installed")
def test_patch_takes_the_diff(tmp_path: Path) -> None:
    """A file that is written in the same way becomes the repaired one."""
    (tmp_path / "request.json").write_text(written(BEFORE))
    told = diff(BEFORE, AFTER, name="request.json")
    done = subprocess.run(
        ["patch", "request.json"], cwd=tmp_path, input=told, text=True, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stdout
    assert json.loads((tmp_path / "request.json").read_text()) == AFTER


def test_nothing_is_no_diff() -> None:
    """And no text of a request steers a terminal."""
    assert diff(BEFORE, BEFORE, name="x") == ""
    assert "\x1b" not in diff(BEFORE, {"model": "\x1b[31m"}, name="\x1b[31m")
