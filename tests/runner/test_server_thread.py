"""Promises of `nexdiag.runner.server_thread`."""

import contextlib
import threading

import pytest

from nexdiag.core.errors import EndpointError
from nexdiag.runner.server_thread import ServerThread


class Listening:
    """A server that remembers what became of it."""

    def __init__(self, fails: BaseException | None = None) -> None:
        """`fails` is raised instead of listening."""
        self.fails = fails
        self.told: list[tuple[str, str]] = []

    async def start(self, port: int = 0) -> str:
        """Listen, or fail."""
        self.told.append(("start", threading.current_thread().name))
        if self.fails is not None:
            raise self.fails
        return f"http://127.0.0.1:{port}"

    async def close(self) -> None:
        """It is over."""
        self.told.append(("close", threading.current_thread().name))


def test_a_server_lives_in_a_thread_of_its_own_until_the_block_ends() -> None:
    """Started before the block, closed behind it, in one loop; also where the block raises."""
    server = Listening()
    with contextlib.suppress(KeyError), ServerThread(server, 7, "nexdiag-test") as url:
        assert url == "http://127.0.0.1:7"
        assert server.told == [("start", "nexdiag-test")]
        raise KeyError
    assert server.told == [("start", "nexdiag-test"), ("close", "nexdiag-test")]
    assert "nexdiag-test" not in {thread.name for thread in threading.enumerate()}


@pytest.mark.parametrize("error", [OSError(98, "Address already in use"), OverflowError("port must be 0-65535")])
def test_a_port_that_cannot_be_had_is_told(error: OSError | OverflowError) -> None:
    """As an error of the endpoint, with what to do; nothing is left behind."""
    with pytest.raises(EndpointError, match="cannot listen on port 7"), ServerThread(Listening(error), 7, "nexdiag-t"):
        pytest.fail("it does not listen")
    assert "nexdiag-t" not in {thread.name for thread in threading.enumerate()}
