"""An archive whose bytes depend on its files alone."""

import hashlib
import io
import json
import zipfile

from nexdiag.runner.bundling.archive import manifest, packed


def test_equal_files_give_equal_bytes() -> None:
    """In whatever order they come; nobody but the owner may read what comes of it."""
    one, other = {"b": b"2", "a": b"1"}, {"a": b"1", "b": b"2"}
    assert packed(one) == packed(other)
    with zipfile.ZipFile(io.BytesIO(packed(one))) as archive:
        assert archive.namelist() == ["a", "b"]
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {entry.external_attr >> 16 for entry in archive.infolist()} == {0o600}


def test_the_manifest_names_each_file_with_its_digest() -> None:
    """And what was left out, and what to look at."""
    told = json.loads(manifest({"a": b"1"}, left_out=["x"], look_at=["y"], content=False, secrets=3))
    assert told["files"] == [{"name": "a", "size": 1, "sha256": hashlib.sha256(b"1").hexdigest()}]
    assert (told["left_out"], told["look_at"], told["content"], told["secrets_replaced"]) == (["x"], ["y"], False, 3)
