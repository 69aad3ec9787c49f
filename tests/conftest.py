"""The world that every test lives in: no network but loopback, no settings and no keys of whoever runs it."""

import gc
import os
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import settings

_OURS = ("NEXDIAG_", "OPENAI_")
_KEYS = ("_API_KEY", "_PROXY")
_ROOT = Path(__file__).parent / "data" / "root.pem"
"""One root that has signed nothing: no test meets TLS beyond loopback, and each client would read all there are."""
_LLAMA = ("gguf", "numpy", "xllamacpp")

# No deadline: other programs share the machine, and one slow example says nothing about the code.
settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True, max_examples=40)
settings.register_profile("thorough", deadline=None, print_blob=True, max_examples=1000)


@pytest.hookimpl(tryfirst=True)  # before pytest-socket reads its options
def pytest_configure(config: pytest.Config) -> None:
    config.option.allow_hosts = "127.0.0.1,::1"
    config.option.allow_unix_socket = True
    os.environ["SSL_CERT_FILE"] = str(_ROOT)
    gc.disable()  # while collecting nothing becomes garbage
    settings.load_profile("ci" if os.environ.get("CI") else "here")  # `@given` reads it when a module is imported


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if all(map(find_spec, _LLAMA)):
        return
    reason = "a real llama.cpp server needs the extra nexdiag[llama]"
    for item in items:
        if item.get_closest_marker("real"):
            item.add_marker(pytest.mark.skip(reason=reason))


def pytest_collection_finish() -> None:
    """What was collected stays: to walk it at each collection of garbage took a tenth of all time."""
    gc.collect()
    gc.freeze()
    gc.enable()


@pytest.hookimpl(tryfirst=True)  # before any fixture, of whatever scope
def pytest_runtest_setup() -> None:
    for name in list(os.environ):
        if name.startswith(_OURS) or name.upper().endswith(_KEYS):
            del os.environ[name]
