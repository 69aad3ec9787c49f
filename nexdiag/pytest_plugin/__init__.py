"""The pytest plugin: what a test sends to a model is played, recorded, linted or struck by faults. Others never notice.

@pytest.mark.nexdiag
def test_my_agent():                        # its httpx clients (openai, ...) meet a cassette of the test's own
    assert my_agent("hi") == "Hello."       # which is recorded by: pytest --record-mode=once

    marker      the keys, and who reads them        options     --record-mode, --block-network, ini settings
    tape        nexdiag_cassette, nexdiag_recorder  endpoint    nexdiag_endpoint      tap   what came to it
    replay      nexdiag_replay                      faults      nexdiag_faults        linting   nexdiag_lint
    choosing    how a recording is played           modes       which record mode     naming    a test's own cassette
    ending      asked when a test is over           failing     the words of a failure
    network     --block-network                     summary     the line at the end
    snapshots   request_snapshot                    machine     what is of this machine in it

Law: it is loaded in every run of pytest. Nothing here imports a room of nexdiag before a test asks for it.
"""

from collections.abc import Generator
from typing import Any

import pytest

from nexdiag.pytest_plugin import ending, faults, marker, options, summary
from nexdiag.pytest_plugin.endpoint import nexdiag_endpoint
from nexdiag.pytest_plugin.faults import nexdiag_faults
from nexdiag.pytest_plugin.linting import nexdiag_lint
from nexdiag.pytest_plugin.replay import nexdiag_replay
from nexdiag.pytest_plugin.snapshots import request_snapshot
from nexdiag.pytest_plugin.tape import nexdiag_cassette, nexdiag_recorder

__all__ = [
    "nexdiag_cassette", "nexdiag_endpoint", "nexdiag_faults", "nexdiag_lint", "nexdiag_recorder", "nexdiag_replay",
    "request_snapshot",
]  # fmt: skip
_NETWORK = "nexdiag-network"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Settings of ini files."""
    options.add_ini(parser)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config, parser: pytest.Parser
) -> Generator[None, object, object]:
    """Options: when every plugin and conftest has registered its own."""
    try:
        return (yield)
    finally:
        options.add_options(early_config, parser)


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known, so that --strict-markers lets it pass; close the network, if that is wanted."""
    config.addinivalue_line("markers", marker.LINE)
    if options.option(config, "--block-network") or options.ini(config, "block_network"):
        _close_network(config, every=True)
    config.pluginmanager.register(summary.Summary(), "nexdiag-summary")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test once for each fault, where its marker says faults="all"."""
    faults.generate(metafunc)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Give a marked test what its marker stands for."""
    if item.get_closest_marker("nexdiag") is None:
        return
    marker.give(item)
    if "block_network" in marker.said(item) and not item.config.pluginmanager.has_plugin(_NETWORK):
        _close_network(item.config, every=False)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """A marker that nobody reads is looked at too: a key that is misspelt must not count as none."""
    if item.get_closest_marker("nexdiag") is not None:
        _looked_at(item)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Fail a test that was not as its fixtures want it; tell it beside the test's own failure, if there is one."""
    return (yield from ending.around(item))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """Send what passed along with the test's report."""
    made = yield
    ending.report(item, made)
    return made


def _looked_at(item: pytest.Item) -> None:
    from nexdiag.core.errors import UsageError  # noqa: PLC0415 - a door: a suite that does not ask pays nothing

    try:
        marker.hosts(marker.keys_of(item, getattr(item, "fixturenames", ())))
    except UsageError as error:
        raise marker.refusal(error) from None


def _close_network(config: pytest.Config, *, every: bool) -> None:
    from nexdiag.pytest_plugin.network import Network  # noqa: PLC0415 - as above

    config.pluginmanager.register(Network(config, every=every), _NETWORK)
