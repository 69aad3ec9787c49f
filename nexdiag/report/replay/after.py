"""The one next command after a replay: what a reader would type now. Pure."""

import posixpath
import shlex
from collections.abc import Sequence

from nexdiag.core.cassette import SUFFIX
from nexdiag.core.run import Replayed
from nexdiag.report.replay.verdict import divergence_of, fails, first_divergences, ranked, word
from nexdiag.report.visible import one_line, words_only

ANEW = "; take a new one: "
"""Before the command, in the note of a turn that is mended."""
_LONGEST = 400
_REDACTED = "[redacted "
_STOOD = "   # a secret stood where it says [redacted …]: put it there"
"""A comment for a shell, so that the line can be pasted."""
_OURS = ("", "rerun")
"""Ways of a replay in which our executor speaks."""


def next_command(done: Sequence[Replayed]) -> str:
    """For the worst of them; empty where an error's own hint says it. Where something fails, nothing else is next."""
    pool = [one for one in ranked(done) if fails(one)] or ranked(done)
    return next(filter(None, (_after(one, done) for one in pool)), "")


def _after(worst: Replayed, done: Sequence[Replayed]) -> str:
    path = _quoted(worst.path)
    commands = {
        "changed": _nearest(worst, path),
        "failed": f"nexdiag cassette show {path}",
        "answered": f"nexdiag cassette show {path}",
        "broken": f"nexdiag cassette check {path}" if worst.path.endswith(SUFFIX) and not worst.hint else "",
        "mended": _anew(worst, path),
        "unchecked": f"nexdiag report {path}",
        "exact": client_line(worst) if len(done) == 1 and _resent(worst) else f"nexdiag lint {_quoted(_all(done))}",
    }
    return commands.get(word(worst), "")


def _nearest(one: Replayed, path: str) -> str:
    for turn in first_divergences(one.run) if one.run is not None else ():
        nearest = divergence_of(turn).nearest
        if nearest is not None:
            return f"nexdiag cassette show {path} --exchange {nearest}"
    return f"nexdiag report {path}"


def _anew(one: Replayed, path: str) -> str:
    """The recorded answer is an error: a new one is wanted from there on."""
    turn = next((turn for turn in one.run.replayed if turn.outcome == "mended"), None) if one.run is not None else None
    if turn is None:
        return ""
    told = one_line(turn.note.partition(ANEW)[2], _LONGEST)
    if not told and one.run is not None and one.run.how not in _OURS:  # only our executor can go on from a turn
        return f"nexdiag capture{_upstream(one)} -- {_command(one)}"
    return told or f"nexdiag replay {path} --from {turn.number} -e URL"


def client_line(one: Replayed) -> str:
    """How to run the client itself against its recording. It is told, and never run: a recording may say anything."""
    return f"nexdiag replay {_quoted(one.path)} -- {_command(one)}"


def _command(one: Replayed) -> str:
    """The command that was recorded, as it was typed; where a secret stood in it, that is said behind it."""
    command = one_line(
        words_only(one.run.cassette.header.command if one.run is not None else "") or "COMMAND", _LONGEST
    )
    return command + _STOOD * (_REDACTED in command)


def _upstream(one: Replayed) -> str:
    """` --upstream URL`, where the recording tells of which server it is."""
    origin = one.run.cassette.header.origin if one.run is not None else ""
    return f" --upstream {_quoted(origin)}" if origin else ""


def _resent(one: Replayed) -> bool:
    return one.run is not None and one.run.how == "resent"


def _all(done: Sequence[Replayed]) -> str:
    """The one path, or the directory that holds all of them."""
    paths = list(dict.fromkeys(one.path for one in done))
    if len(paths) == 1:
        return paths[0]
    together = len({path.startswith("/") for path in paths}) == 1
    return (posixpath.commonpath(paths) if together else "") or "."


def _quoted(path: str) -> str:
    """For a shell. A name with characters that cannot be seen shows them as signs: nobody can type it anyway."""
    return one_line(shlex.quote(path), _LONGEST)
