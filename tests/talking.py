"""An executor in a terminal, on a stub of llama.cpp, for tests of what can be typed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from nexdiag.agent import config as configuration
from nexdiag.core.endpoint import Endpoint
from nexdiag.endpoint import serving, stub
from nexdiag.lint import profiles
from nexdiag.runner.crew import Crew
from nexdiag.runner.talker import Talker

SCRIPT = ("One.", "Two.", "Three.")


def crew(url: str, workspace: Path, *, state: Path | None = None) -> Crew:
    """An executor without tools."""
    endpoint = Endpoint(base_url=f"{url}/v1", model="m", profile=profiles.resolve(None))
    config = configuration.Config(agent=configuration.Agent(tools=()))
    return Crew(config=config, endpoint=endpoint, workspace=workspace, state=state)


@contextmanager
def talking(
    place: Path, *, state: Path | None = None, say: Callable[[str], None] = lambda text: None
) -> Iterator[Talker]:
    """A talker with a new session, on a stub that answers One., Two., Three."""
    with serving.running(stub.StubEndpoint(profiles.named("llama.cpp"), script=SCRIPT)) as url:
        talker = Talker(crew(url, place, state=state), state=state, tell=lambda told: None, say=say)
        try:
            talker.open()
            yield talker
        finally:
            talker.close()
