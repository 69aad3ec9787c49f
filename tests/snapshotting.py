"""Suites that compare requests with snapshots, run by a real pytest of their own."""

import os
import subprocess
import sys
from pathlib import Path

RUN = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--strict-markers", "-W", "error")
PLUGINS = ("-p", "nexdiag.pytest_plugin", "-p", "syrupy")
"""No others: each costs every run."""


def run(folder: Path, *arguments: str, **environ: str) -> str:
    """All that pytest says of the suite there; its exit code is in the last line."""
    plugins = PLUGINS[:2] if "no:syrupy" in arguments else PLUGINS
    around = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        [*RUN, *plugins, *arguments],
        cwd=folder,
        env={**around, "COLUMNS": "200", "CI": "", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    return f"{done.stdout}{done.stderr}\nexit code {done.returncode}"


def files(folder: Path) -> list[str]:
    """What was written there, by name."""
    places = (path for name in ("__snapshots__", "__tool_schemas__") for path in folder.glob(f"**/{name}/**/*"))
    return sorted(path.name for path in places if path.is_file())
