"""Promises of nexdiag.pytest_plugin.snapshot_files."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from nexdiag.core.errors import NexdiagError
from nexdiag.pytest_plugin.snapshot_files import RequestsExtension, keep, kept, schemas_of


def module(tmp_path: Path) -> Any:  # noqa: ANN401 - what is needed of syrupy's location of a test
    return SimpleNamespace(filepath=str(tmp_path / "test_it.py"), basename="test_it")


def snapshot(tmp_path: Path, name: str, *digests: str) -> Path:
    path = tmp_path / "__snapshots__" / "test_it" / f"{name}.requests"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(" ".join(f'"{one}"' for one in digests))
    return path


def test_a_schema_is_written_once_and_left_alone_however_it_is_laid_out(tmp_path: Path) -> None:
    """A formatter may lay it out anew; what another one says is written over."""
    folder = schemas_of(module(tmp_path))
    keep(folder, {"a-1": '{"x": 1}\n'})
    (folder / "a-1.json").write_text('{\n"x":1}')
    keep(folder, {"a-1": '{"x": 1}\n'})
    assert kept(folder) == {"a-1": '{\n"x":1}'}
    keep(folder, {"a-1": '{"x": 2}\n'})
    assert kept(folder) == {"a-1": '{"x": 2}\n'}
    assert [path.name for path in folder.iterdir()] == ["a-1.json"]


def test_a_schema_that_no_snapshot_names_is_unused_and_no_other(tmp_path: Path) -> None:
    """One that is named again when it is to be deleted stays; with a snapshot go the schemas that it alone named."""
    folder = schemas_of(module(tmp_path))
    keep(folder, {"a-1": "{}", "b-2": "{}", "c-3": "{}"})
    first, second = snapshot(tmp_path, "test_a", "1", "2"), snapshot(tmp_path, "test_b", "2")
    extension = RequestsExtension()
    found = {Path(one.location).name for one in extension.discover_snapshots(test_location=module(tmp_path))}
    assert found == {"test_a.requests", "test_b.requests", "c-3.json"}
    extension.delete_snapshots(snapshot_location=str(folder / "a-1.json"), snapshot_names={"a-1"})
    extension.delete_snapshots(snapshot_location=str(folder / "c-3.json"), snapshot_names={"c-3"})
    assert sorted(kept(folder)) == ["a-1", "b-2"]
    extension.delete_snapshots(snapshot_location=str(first), snapshot_names={"test_a"})
    assert sorted(kept(folder)) == ["b-2"]
    extension.delete_snapshots(snapshot_location=str(second), snapshot_names={"test_b"})
    assert not folder.parent.exists()


def test_a_directory_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """By its name."""
    (tmp_path / "__tool_schemas__").write_text("in the way")
    with pytest.raises(NexdiagError, match=r"cannot write schemas to .*__tool_schemas__"):
        keep(schemas_of(module(tmp_path)), {"a-1": "{}"})
