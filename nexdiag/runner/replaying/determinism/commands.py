"""A command, run several times and answered from its recording each time: what varies in what it asks.

What it asks is answered although it varies: by the recording that is meant, else by the next one of that address. It
has no terminal meanwhile, and nothing of what it writes is kept; the network is closed to it, but for our server.
"""

import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from nexdiag.capture.redaction.keys import secrets_of
from nexdiag.codec.body import Splitter
from nexdiag.core.errors import NexdiagError, NothingToDo
from nexdiag.core.exchange import Request
from nexdiag.replay.answers import Answers
from nexdiag.replay.models import made_models
from nexdiag.runner.redaction import redactor_of
from nexdiag.runner.replaying.determinism.child import InOrder
from nexdiag.runner.replaying.determinism.study import Study, absolute, of_command
from nexdiag.runner.replaying.how import How
from nexdiag.runner.replaying.served.closing import closed
from nexdiag.runner.replaying.served.command import recorded_of
from nexdiag.runner.replaying.served.serving import Asked, recordings
from nexdiag.runner.replaying.served.together import Together, upstream_of
from nexdiag.runner.server_thread import ServerThread
from nexdiag.runner.wrapped import variables
from nexdiag.runner.wrapped.program import demand

PATIENCE = 120.0
"""Seconds for one run."""


def of_words(
    words: Sequence[str],
    cassettes: Sequence[Path],
    how: How,
    *,
    environ: Mapping[str, str],
    patience: float = PATIENCE,
) -> Study:
    """Run a command line several times, answered from recordings; without one, from the newest of that command.

    Raises `UsageError` if it cannot be run, or it is not clear which recording is meant, `CassetteError` for one that
    cannot be read, and `NothingToDo` if it asks for nothing.
    """
    demand(words, environ, doing="study")
    paths = list(cassettes) or [recorded_of(words, environ)]
    splitter = Splitter()
    together = Together(recordings(paths, splitter))
    if not together.exchanges:
        raise NothingToDo(f"nothing to answer with: no exchange in {', '.join(map(str, paths))}")
    command = absolute(words, Path.cwd())

    def once(environment: Mapping[str, str], directory: Path) -> Sequence[Request]:
        redactor, _ = redactor_of(together.header.redactions, secrets_of(environment))
        matcher = InOrder(together.exchanges)
        made = made_models(together.exchanges)
        answers = Answers(matcher, splitter=splitter, clean=redactor.request, make=made)
        server = Asked(answers, together, lambda served: None, time.perf_counter).server(None)
        with (
            tempfile.TemporaryDirectory(prefix="nexdiag-study-") as scratch,
            ServerThread(server, 0, "nexdiag-study") as url,
        ):
            notes = Path(scratch) / "refused"
            notes.touch(mode=0o600)
            directed = closed(environment, url, upstream_of(together.header), notes)
            _run([word.replace(variables.PLACEHOLDER, url) for word in command], directed, directory, patience)
        return tuple(answers.requests)

    return of_command(once, now=time.time(), ignore=how.ignore, environ=environ)


def _run(command: Sequence[str], environment: Mapping[str, str], directory: Path, patience: float) -> None:
    """Let it come to its end, whatever that is."""
    try:
        subprocess.run(  # noqa: S603 - the user's own command
            command, env=dict(environment), cwd=directory, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, timeout=patience, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise NexdiagError(f"it did not end within {patience:g} s") from error
    except OSError as error:
        raise NexdiagError(f"it could not be run: {error.strerror}") from error
