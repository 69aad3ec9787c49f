"""`request_snapshot`: what was sent is compared with a snapshot of it, by syrupy and with its names and flags.

def test_what_is_asked(request_snapshot, nexdiag_endpoint):
    openai.OpenAI(base_url=nexdiag_endpoint + "/v1", api_key="x").chat.completions.create(...)
    assert request_snapshot == nexdiag_endpoint     # what came to it; or a response, a body, a recorder, a list of them

Nothing is imported before a test asks for it. syrupy is needed then, and only then.
"""

import importlib.util
from typing import TYPE_CHECKING

import pytest

from nexdiag.pytest_plugin.ending import leave
from nexdiag.pytest_plugin.summary import Counts

if TYPE_CHECKING:
    from nexdiag.pytest_plugin.snapshot_assertion import RequestSnapshot

_NO_SYRUPY = "request_snapshot wants syrupy, and it is not installed\nhint: pip install 'nexdiag[pytest]'"
_SWITCHED_OFF = "request_snapshot wants syrupy's plugin, and it is switched off\nhint: leave -p no:syrupy out"


@pytest.fixture
def request_snapshot(request: pytest.FixtureRequest) -> "RequestSnapshot":
    """Compares requests: `assert request_snapshot == sent`, where `sent` is whatever holds some."""
    if not hasattr(request.config, "_syrupy"):
        pytest.fail(_SWITCHED_OFF if importlib.util.find_spec("syrupy") else _NO_SYRUPY, pytrace=False)
    from nexdiag.pytest_plugin.snapshot_assertion import made  # noqa: PLC0415 - a suite that does not ask needs it not

    snapshot = made(request)
    leave(request.node, _Ending(snapshot))
    return snapshot


class _Ending:
    """What was compared: for the line at the end."""

    def __init__(self, snapshot: "RequestSnapshot") -> None:
        self._snapshot = snapshot

    def wrong(self, *, failed: bool) -> str:  # noqa: ARG002 - an ending is asked so
        """A comparison fails by itself."""
        return ""

    def beside(self) -> str:
        """It says all of that itself."""
        return ""

    def counts(self) -> Counts:
        """How often was compared."""
        return Counts(snapshots=self._snapshot.num_executions)

    def sent(self) -> None:
        """It knows what others know."""
