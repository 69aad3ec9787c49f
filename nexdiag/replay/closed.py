"""The closed network: while it holds, a socket that tries to leave is an error that names the call site."""

import contextlib
import socket
import traceback
from collections.abc import Iterator
from typing import Any, NoReturn

from nexdiag.core.errors import EndpointError


@contextlib.contextmanager
def network_closed() -> Iterator[None]:
    """No connection can be opened in this process, whatever the library. Unix sockets stay open."""
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def refuse(self: socket.socket, address: Any) -> Any:  # noqa: ANN401 - the signature of socket.connect
        if self.family == getattr(socket, "AF_UNIX", None):
            return connect(self, address)
        return _refuse(address)

    socket.socket.connect = refuse  # type: ignore[method-assign]
    socket.socket.connect_ex = refuse  # type: ignore[method-assign]
    try:
        yield
    finally:
        socket.socket.connect = connect  # type: ignore[method-assign]
        socket.socket.connect_ex = connect_ex  # type: ignore[method-assign]


def _refuse(address: object) -> NoReturn:
    site = traceback.extract_stack(limit=12)[0]
    hint = f"asked for near {site.filename}:{site.lineno} in {site.name}"
    raise EndpointError(f"a connection to {address} was tried while the network is closed", hint=hint)
