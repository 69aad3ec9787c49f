"""The fixture `nexdiag_faults`: what goes wrong in this run of a test; and a run for each fault, with faults="all"."""

from typing import TYPE_CHECKING

import pytest

from nexdiag.pytest_plugin import choosing, marker

if TYPE_CHECKING:
    from nexdiag.core.fault import Fault


@pytest.fixture
def nexdiag_faults(request: pytest.FixtureRequest) -> "tuple[Fault, ...] | None":
    """The faults that strike this run of the test: those of the marker, or the one of this run with faults="all".

    None with faults="none": then those of the recording's own scenario do not strike either.
    """
    from nexdiag.core.errors import NexdiagError  # noqa: PLC0415 - a door: a suite that does not ask pays nothing

    if hasattr(request, "param"):
        return (request.param,)
    try:
        return choosing.faults_of(marker.keys_of(request.node, request.fixturenames, marker.FAULTS))
    except NexdiagError as error:
        raise marker.refusal(error) from None


def generate(metafunc: pytest.Metafunc) -> None:
    """Run a test once for each fault, where its marker says faults="all"."""
    definition = metafunc.definition
    if definition.get_closest_marker("nexdiag") is None:
        return
    keys = marker.said(definition)
    if keys.get("faults") != choosing.ALL:
        return
    if marker.FAULTS not in metafunc.fixturenames:
        pytest.fail(
            "@pytest.mark.nexdiag: faults='all' is a run of the test for each fault: it has to name its fixture\n"
            f"hint: write: def {definition.name}({marker.CASSETTE}), or {marker.REPLAY} for a server's URL",
            pytrace=False,
        )
    from nexdiag.codec.fault import encode  # noqa: PLC0415 - as above
    from nexdiag.core.errors import NexdiagError  # noqa: PLC0415

    try:
        faults = choosing.every(definition, keys)
    except NexdiagError as error:
        raise marker.refusal(error) from None
    if not faults:  # pytest would skip the test, and nobody would know
        pytest.fail(f"@pytest.mark.nexdiag: no fault can strike an answer of {keys['cassette']}", pytrace=False)
    metafunc.parametrize(marker.FAULTS, faults, ids=[encode(one) for one in faults], indirect=True)
