"""One inner run for what many tests of ours prove: see tests/inner_pytest.py."""

import fcntl
import os
import pickle
from pathlib import Path
from typing import Any

import pytest
from inner_pytest import Done, Gathered, gather


@pytest.fixture(scope="session")
def gathered(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Gathered:
    """The inner suites of all modules that are run: once, also where workers share the tests of ours."""
    base = tmp_path_factory.getbasetemp()
    root = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "gathered"
    root.mkdir(exist_ok=True)
    kept = root.with_name("gathered.pickle")
    with root.with_name("gathered.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            modules = {id(one.module): one.module for one in request.session.items if hasattr(one, "module")}
            kept.write_bytes(pickle.dumps(_run(root, list(modules.values()))))
    return Gathered(root=root, done=pickle.loads(kept.read_bytes()))  # noqa: S301 - our own, of a moment ago


def _run(root: Path, modules: list[Any]) -> Done:
    files: dict[str, str] = {}
    for module in modules:
        if not hasattr(module, "INNER"):  # it may know a `prepare` of its own
            continue
        files.update(module.INNER)
        prepare = getattr(module, "prepare", None)
        if prepare is not None:
            prepare(root)
    return gather(root, files)
