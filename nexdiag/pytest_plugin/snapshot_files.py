"""Where snapshots of requests are kept, as syrupy's extension: a file for each comparison, and one for each tool.

    tests/__snapshots__/test_agent/test_weather.requests
    tests/__tool_schemas__/test_agent/get_weather-1f2e3d4c5b.json

Neither ending is one that syrupy's own extensions, or formatters of JSON, take for theirs. Schemas stand beside the
directory that syrupy looks through: other extensions would call them unused. A schema is in use while a snapshot of
its module names it, whatever was run; where none does, it is an unused snapshot like any other.
"""

import contextlib
import os
import warnings
from pathlib import Path
from typing import Any

from syrupy.data import Snapshot, SnapshotCollection, SnapshotCollections
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from syrupy.location import PyTestLocation

from nexdiag.core.errors import NexdiagError
from nexdiag.report.snapshot.layout import written
from nexdiag.report.snapshot.schemas import says_the_same
from nexdiag.report.snapshot.sent import requests_of

SUFFIX = "requests"
_SCHEMAS = "__tool_schemas__"
_ENDING = ".json"


class RequestsExtension(SingleFileSnapshotExtension):
    """One file for each comparison."""

    _write_mode = WriteMode.TEXT
    _file_extension = SUFFIX  # syrupy before 5
    file_extension = SUFFIX

    def serialize(self, data: Any, **_: Any) -> str:  # noqa: ANN401 - as syrupy has it
        """The text of what holds requests, where `snapshot` is used with this extension: as it stands, in full."""
        return written(requests_of(data)).text

    @classmethod
    def write_snapshot(cls, **options: Any) -> None:  # noqa: ANN401 - its options differ between versions of syrupy
        """As syrupy; a parameter such as `org/model`, of which no file can be named in full, is no warning."""
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="\\s*Can not relate snapshot location", category=UserWarning)
            super().write_snapshot(**options)

    def discover_snapshots(self, *, test_location: PyTestLocation, **options: Any) -> SnapshotCollections:  # noqa: ANN401 - likewise
        """Those of syrupy, and schemas that no snapshot names."""
        found = super().discover_snapshots(test_location=test_location, **options)
        for unused in _unused(schemas_of(test_location).parent, Path(self.dirname(test_location=test_location)).parent):
            collection = SnapshotCollection(location=str(unused))
            collection.add(Snapshot(name=unused.stem))
            found.add(collection)
        return found

    def delete_snapshots(self, *, snapshot_location: str, snapshot_names: set[str]) -> None:
        """Delete a snapshot with the schemas that it alone named, or a schema if still none names it."""
        path = Path(snapshot_location)
        if path.suffix == _ENDING:
            _remove([path] if path in _unused_of(path.parent, _snapshots_of(path.parent)) else [])
            return
        super().delete_snapshots(snapshot_location=snapshot_location, snapshot_names=snapshot_names)
        schemas = path.parent.parent.parent / _SCHEMAS / path.parent.name
        _remove(_unused_of(schemas, path.parent))


def schemas_of(location: PyTestLocation) -> Path:
    """The directory of the schemas of a test's module."""
    return Path(location.filepath).parent / _SCHEMAS / location.basename


def kept(folder: Path) -> dict[str, str]:
    """The texts of the schemas there, by their names."""
    found = {}
    for path in sorted(folder.glob(f"*{_ENDING}")):
        with contextlib.suppress(OSError, ValueError):
            found[path.stem] = path.read_text(encoding="utf-8")
    return found


def keep(folder: Path, tools: dict[str, str]) -> None:
    """Write the schemas that are not there, or are not what they were. Raises NexdiagError if that cannot be done."""
    there = kept(folder)
    new = {name: text for name, text in tools.items() if not says_the_same(there.get(name, ""), text)}
    try:
        for name, text in new.items():
            folder.mkdir(parents=True, exist_ok=True)
            draft = folder / f".{name}.{os.getpid()}"  # another worker may write the same one now
            draft.write_text(text, encoding="utf-8")
            draft.replace(folder / f"{name}{_ENDING}")
    except OSError as error:
        raise NexdiagError(
            f"cannot write schemas to {folder}: {error.strerror}", hint="look at the directory"
        ) from None


def _snapshots_of(schemas: Path) -> Path:
    return schemas.parent.parent / str(getattr(RequestsExtension, "snapshot_dirname", "__snapshots__")) / schemas.name


def _unused(schemas: Path, snapshots: Path) -> list[Path]:
    """Of all modules there."""
    modules = sorted(schemas.iterdir()) if schemas.is_dir() else []
    return [path for module in modules for path in _unused_of(module, snapshots / module.name)]


def _unused_of(schemas: Path, snapshots: Path) -> list[Path]:
    """The schemas that no snapshot of that module names."""
    paths = sorted(schemas.glob(f"*{_ENDING}"))
    texts = (
        [path.read_text(encoding="utf-8", errors="replace") for path in snapshots.glob(f"*.{SUFFIX}")] if paths else []
    )
    return [path for path in paths if not any(f'"{path.stem.rpartition("-")[2]}"' in text for text in texts)]


def _remove(paths: list[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # there are others in it
            path.parent.rmdir()
            path.parent.parent.rmdir()
