"""Our executor, played in another process, in an environment that varies: what it asks there."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec

from nexdiag.core.body import Body
from nexdiag.core.errors import CassetteError, NexdiagError
from nexdiag.core.exchange import Request
from nexdiag.runner.replaying.determinism.child import Asked
from nexdiag.runner.replaying.determinism.variations import Variation

_PATIENCE = 600.0
"""Seconds: a recording may hold thousands of turns."""
_MODULE = "nexdiag.runner.replaying.determinism.child"


def requests_in(
    cassette: Path, variation: Variation, environ: Mapping[str, str], directory: Path
) -> tuple[Request, ...]:
    """What our executor asks when it plays the recording in that environment, from that directory.

    Raises `NexdiagError` if the process does not come to its end.
    """
    command = [sys.executable, "-P", "-m", _MODULE, str(cassette.absolute()), msgspec.json.encode(variation).decode()]
    try:
        done = subprocess.run(  # noqa: S603 - our own module, in our own interpreter
            command, env=dict(environ), cwd=directory, stdin=subprocess.DEVNULL, capture_output=True,
            timeout=_PATIENCE, check=False,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError) as error:
        raise NexdiagError(f"the recording could not be played in another process: {type(error).__name__}") from error
    if done.returncode != 0:
        last = done.stderr.decode(errors="replace").strip().rpartition("\n")[2][:200]
        raise CassetteError(f"the recording could not be played in another process: {last}")
    asked = (msgspec.json.decode(line, type=Asked) for line in done.stdout.splitlines())
    return tuple(Request(method=one.method, url=one.url, body=Body.of(one.body)) for one in asked)
