"""A real llama.cpp server with a tiny model: the counterparty that no stub can stand in for.

`serve` runs it in the foreground; `running` keeps it as a child for as long as a `with` block lasts. The child
gets its settings as one line of JSON on its standard input, and ends when that pipe closes: so it never outlives
its parent, however the parent ends.

Law: it listens on the loopback address only, and no path of this machine shows in what it answers.
"""

import os
import re
import select
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import chdir, contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any, NoReturn

import msgspec

from nexdiag.core.errors import EndpointError, UsageError
from nexdiag.endpoint.tiny_model import STRICT_TEMPLATE, TALKS, extra, write_tiny_model

MODEL = "tiny"
"""The name by which the server knows its model."""
REPLY_TOKENS = 256
"""How long an answer gets that the request does not limit: a tool call has about 60, random words end far sooner."""
START_SECONDS = 30.0
STOP_SECONDS = 5.0
_HOST = "127.0.0.1"
_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_LISTENING = "listening "
_TAIL = 600
_TAKEN = "the port may be taken: port 0 picks a free one"


class _Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What `running` tells its child: the arguments of `serve`."""

    port: int
    template: str
    tool_bias: float
    context: int
    slots: int


def available() -> bool:
    """Whether the extra `nexdiag[llama]` is installed."""
    return all(find_spec(name) for name in ("gguf", "numpy", "xllamacpp"))


def serve(
    *,
    port: int = 0,
    template: str = STRICT_TEMPLATE,
    tool_bias: float = TALKS,
    context: int = 8192,
    slots: int = 1,
) -> NoReturn:
    """Serve in the foreground until SIGINT or SIGTERM, then end the process with 0.

    The first line on stdout tells the address. `context` is in tokens, and a character of a prompt is a token.
    Raises UsageError if the extra is not installed, EndpointError if llama.cpp would not start.
    """
    settings = _Settings(port=port, template=template, tool_bias=tool_bias, context=context, slots=slots)
    _serve(settings)


@contextmanager
def running(
    *,
    port: int = 0,
    template: str = STRICT_TEMPLATE,
    tool_bias: float = TALKS,
    context: int = 8192,
    slots: int = 1,
) -> Iterator[str]:
    """Keep a server as a child process, and give its address, without `/v1`.

    Raises EndpointError with the end of the child's log, if it does not come to listen.
    """
    settings = _Settings(port=port, template=template, tool_bias=tool_bias, context=context, slots=slots)
    with tempfile.TemporaryFile() as log:
        child = subprocess.Popen(
            [sys.executable, "-P", "-m", "nexdiag.endpoint.llama"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        )
        try:
            yield _await_listening(child, settings, log)
        finally:
            _end(child)


def _serve(settings: _Settings, *leash: int) -> NoReturn:
    """Serve until a signal comes or one of the file descriptors in `leash` closes, and end the process."""
    # A pipe that the interpreter itself writes to: a handler in Python would not run for a signal that comes right
    # before `select` begins to wait, and `select` would then wait for ever.
    asked_to_end, ask_to_end = os.pipe()
    os.set_blocking(ask_to_end, False)
    signal.set_wakeup_fd(ask_to_end)
    before = {name: signal.signal(name, lambda *_: None) for name in _SIGNALS}
    try:
        server = _start(settings)
    except BaseException:
        signal.set_wakeup_fd(-1)
        for name, handler in before.items():
            signal.signal(name, handler)
        raise
    sys.stdout.write(f"{_LISTENING}{server.listening_address}\n")
    sys.stdout.flush()
    select.select([asked_to_end, *leash], [], [])
    # Its destructor waits for every stream to end, and would wait forever for some. Nothing is left on disk to lose.
    os._exit(0)


def _start(settings: _Settings) -> Any:  # noqa: ANN401 - xllamacpp comes without types
    """Start to listen, with the model in memory only: nothing stays on disk, not even if we are killed."""
    library = extra("xllamacpp")
    with tempfile.TemporaryDirectory(prefix="nexdiag-llama-") as folder, chdir(folder):
        # A relative path, because /props tells it to everybody.
        write_tiny_model(Path(f"{MODEL}.gguf"), template=settings.template, tool_bias=settings.tool_bias)
        try:
            return library.Server(_parameters(library, settings))
        except RuntimeError as error:
            what = f"llama.cpp would not serve on {_HOST}:{settings.port}: {error}"
            hint = _TAKEN if settings.port else "its log above tells why"
            raise EndpointError(what, hint=hint) from error


def _parameters(library: Any, settings: _Settings) -> Any:  # noqa: ANN401 - xllamacpp comes without types
    """Tell llama.cpp: loopback only, equal answers to equal requests, and no work that nobody asked for."""
    parameters = library.CommonParams()
    parameters.model.path = f"{MODEL}.gguf"
    parameters.model_alias = {MODEL}
    if hasattr(parameters, "hostnames"):  # since 2026.10
        parameters.hostnames = [_HOST]
    else:
        parameters.hostname = _HOST
    parameters.port = settings.port
    parameters.n_ctx = settings.context
    parameters.n_parallel = settings.slots
    parameters.n_predict = REPLY_TOKENS
    parameters.use_jinja = True
    parameters.warmup = False
    parameters.ui = False
    parameters.sampling.seed = 11
    # A cached prompt is computed in other portions, and rounding could turn the dice.
    parameters.cache_prompt = False
    parameters.cache_ram_mib = 0
    # On so small a model further threads only wait for each other.
    parameters.cpuparams.n_threads = 1
    parameters.cpuparams.poll = 0
    parameters.cpuparams_batch.n_threads = 1
    return parameters


def _await_listening(child: subprocess.Popen[bytes], settings: _Settings, log: IO[bytes]) -> str:
    """Tell the child its settings, and the address that it answers with."""
    assert child.stdin is not None
    assert child.stdout is not None
    watchdog = threading.Timer(START_SECONDS, child.kill)  # then the line below reads the end of the pipe
    watchdog.start()
    try:
        with suppress(BrokenPipeError):  # a child that died has told why in its log
            child.stdin.write(msgspec.json.encode(settings) + b"\n")
            child.stdin.flush()
        line = child.stdout.readline().decode(errors="replace").strip()
    finally:
        watchdog.cancel()
    if not line.startswith(_LISTENING):
        child.wait()
        log.seek(0)
        raise _died(child.returncode, log.read().decode(errors="replace"))
    return line.removeprefix(_LISTENING)


def _died(status: int, log: str) -> EndpointError:
    """Why the child does not listen: its own last word, wherever llama.cpp's chatter has put it; else that chatter."""
    said = re.search(r"^error: (.*)\nhint: (.*)$", log, re.MULTILINE)
    if said is not None:
        return EndpointError(said[1], hint=said[2])
    bound = re.search(r"couldn't bind HTTP server socket, hostname: (\S+), port: (\d+)", log)
    if bound is not None:  # llama.cpp may end the process before Python hears of it
        what = f"llama.cpp would not serve on {bound[1]}:{bound[2]}: it could not be bound"
        return EndpointError(what, hint=_TAKEN)
    tail = log[-_TAIL:].strip() or "no output"
    what = f"the llama.cpp server ended with status {status} before it listened: {tail}"
    return EndpointError(what, hint="pip install 'nexdiag[llama]' brings it" if not available() else "")


def _end(child: subprocess.Popen[bytes]) -> None:
    """End the child, by force if it lingers, and reap it."""
    child.terminate()
    try:
        child.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    for pipe in (child.stdin, child.stdout):
        assert pipe is not None
        with suppress(BrokenPipeError):
            pipe.close()


def _main() -> None:
    """Be the child of `running`."""
    settings = msgspec.json.decode(sys.stdin.buffer.readline(), type=_Settings)
    try:
        _serve(settings, sys.stdin.fileno())
    except (EndpointError, UsageError) as error:
        sys.exit(f"error: {error.what}\nhint: {error.hint}")


if __name__ == "__main__":
    _main()
