"""The commands that show a failed turn again: offline where its client can be run, and against the server.

Law: a command stands here only if it shows the failure, or that it is gone. A recording that is sent to itself
is exact, and shows nothing of its client.
"""

import shlex
from collections.abc import Iterator

from nexdiag.core.cassette import Cassette
from nexdiag.report.summary import RunFacts
from nexdiag.report.visible import one_line, visible, words_only

_OURS = "nexdiag/"
"""How the user-agent of our executor begins."""
_REDACTED = "[redacted "
_LONGEST = 1_000
"""Signs of a command that is shown: what is longer could not be pasted whole."""


def again(facts: RunFacts, file: str, turn: int, session: str = "") -> Iterator[str]:
    """The commands, each to be pasted. `file` is the recording's, quoted for a shell."""
    cassette = facts.run.cassette
    if _ours(cassette):
        if not session:  # one turn of several conversations is not replayed alone
            yield f"nexdiag replay {file} --turn {turn}"
    elif command := _command(cassette):
        yield f"nexdiag replay {file} -- {command}"
    of = f" --session {shlex.quote(one_line(session))}" if session else ""
    yield f"nexdiag report {file}{of} --curl {turn} | sh"


def _ours(cassette: Cassette) -> bool:
    """Whether our executor was recorded, which says it again by itself."""
    agents = {exchange.request.header("user-agent") for exchange in cassette.exchanges} - {""}
    return not agents or any(agent.startswith(_OURS) for agent in agents)


def _command(cassette: Cassette) -> str:
    """The client's command; empty where it is not known, or not whole: a secret stood in it, or what cannot be seen."""
    command = words_only(cassette.header.command)
    whole = len(command) <= _LONGEST and _REDACTED not in command and visible(command) == command
    return command if whole and "\n" not in command else ""
