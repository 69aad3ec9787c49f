"""Who asked for a connection: the nearest line of code that is not of the libraries that connect for somebody else."""

import inspect
import threading
from types import FrameType

import msgspec

_STANDARD = frozenset(
    {
        "asyncio", "concurrent", "contextlib", "functools", "http", "selectors", "socket", "ssl", "subprocess",
        "threading", "urllib",
    }
)  # fmt: skip
_LIBRARIES = frozenset(
    {
        "aiohappyeyeballs", "aiohttp", "anyio", "boto3", "botocore", "h11", "httpcore", "httpcore2", "httplib2",
        "httpx", "httpx2", "httpx_aiohttp", "requests", "s3transfer", "tornado", "trio", "urllib3",
    }
)  # fmt: skip
"""Packages that connect for somebody else: who asked them to is the call site."""


class CallSite(msgspec.Struct, frozen=True, kw_only=True):
    """Where a connection was asked for, and through which packages."""

    place: str
    """`FILE:LINE in FUNCTION`."""
    through: tuple[str, ...] = ()
    """The packages in between, the one that the call site called first."""


def find_call_site(*guards: str) -> CallSite | None:
    """The nearest line that is not of the libraries that connect, nor of the modules `guards`, which look on.

    None on a stack that has none: a connection that is made in a thread or task of its own does not know who asked.
    """
    frame: FrameType | None = inspect.currentframe()
    through: list[str] = []
    while frame is not None:
        module = str(frame.f_globals.get("__name__", ""))
        package = module.partition(".")[0]
        if module == "asyncio.events" and frame.f_code.co_name == "_run":
            return None  # a task's stack ends here: what stands behind it only runs the loop
        if package in _STANDARD or package in _LIBRARIES:
            if package not in through:
                through.append(package)
        elif module != __name__ and module not in guards:
            place = f"{frame.f_code.co_filename}:{frame.f_lineno} in {frame.f_code.co_qualname}"
            return CallSite(place=place, through=tuple(reversed(through)))
        frame = frame.f_back
    return None


def call_site(*guards: str) -> str:
    """The same in words."""
    found = find_call_site(*guards)
    return found.place if found is not None else f"a thread or task of its own ({threading.current_thread().name})"
