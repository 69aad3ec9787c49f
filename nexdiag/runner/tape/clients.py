"""The methods of httpx and httpx2 that every request of theirs goes through, led to the tape that is meant.

They are patched on the classes, so that clients that were made before are covered too. Transports that reach nobody
outside (ASGI, WSGI, mocks) are left alone; other transports are covered where a scope names their classes.
"""

import importlib
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from typing import Any

from nexdiag.runner.tape.frames import tape_here
from nexdiag.runner.tape.patching import Method, Wrap, hold

LIBRARIES = ("httpx", "httpx2")
_SYNC, _ASYNC = "handle_request", "handle_async_request"

_sending: ContextVar[bool] = ContextVar("nexdiag_sending", default=False)
"""A request of this context is on its way: it has met its tape."""


def goes_live() -> bool:
    """Whether what happens here is done for a request that a tape has sent on, to record it."""
    return _sending.get()


def cover(more: Iterable[type] = ()) -> Iterator[tuple[type, str]]:
    """Lead requests to their tapes from now on; gives what is to be released afterwards."""
    for owner, name, wrap in _methods(more):
        hold(owner, name, wrap)
        yield owner, name


def _methods(more: Iterable[type]) -> Iterator[tuple[type, str, Wrap]]:
    for library in _libraries():
        yield library.HTTPTransport, _SYNC, _led
        yield library.AsyncHTTPTransport, _ASYNC, _led_async
    for owner in more:
        for name, wrap in ((_SYNC, _led), (_ASYNC, _led_async)):
            if hasattr(owner, name):
                yield owner, name, wrap


def _libraries() -> list[Any]:
    """Those that are installed; httpx2 may stand under the name of httpx."""
    found: list[Any] = []
    for name in LIBRARIES:
        try:
            library = importlib.import_module(name)
        except ImportError:
            continue
        if library not in found:
            found.append(library)
    return found


def _led(method: Method) -> Method:
    def handle_request(self: Any, request: Any) -> Any:  # noqa: ANN401 - of either library
        tape = None if _sending.get() else tape_here()
        if tape is None:
            return method(self, request)

        def send(request: Any) -> Any:  # noqa: ANN401 - of either library
            token = _sending.set(True)
            try:
                return method(self, request)
            finally:
                _sending.reset(token)

        return tape.handle(request, send)

    return handle_request


def _led_async(method: Method) -> Method:
    async def handle_async_request(self: Any, request: Any) -> Any:  # noqa: ANN401 - of either library
        tape = None if _sending.get() else tape_here()
        if tape is None:
            return await method(self, request)

        async def send(request: Any) -> Any:  # noqa: ANN401 - of either library
            token = _sending.set(True)
            try:
                return await method(self, request)
            finally:
                _sending.reset(token)

        return await tape.handle_async(request, send)

    return handle_async_request
