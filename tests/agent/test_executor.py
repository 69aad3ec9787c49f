"""The promise that executors make to the daemon's chats."""

import inspect

from nexdiag.agent.driver import Driver
from nexdiag.agent.executor import Executor


def test_the_driver_is_an_executor() -> None:
    for name in ("say", "close"):
        assert inspect.signature(getattr(Driver, name)) == inspect.signature(getattr(Executor, name))
