"""What was expected of one message and did not hold. Pure: the facts come in, sentences go out.

Law: what could not be seen is not held to be met; it is told as unchecked by whoever gives the facts.
"""

import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from nexdiag.codec.logline import reference
from nexdiag.core.scenario import Say, Spoken

_BAD = ("ERROR", "FATAL")
_TRACEBACK = "Traceback (most recent call last)"
_SHOWN = 200


def unmet(  # noqa: PLR0913 - the facts, each named
    say: Say,
    spoken: Spoken,
    *,
    errors: Sequence[str] = (),
    finish: str | None = None,
    whole: bool = True,
    answers: int = 1,
) -> tuple[str, ...]:
    """Each expectation of `say` that does not hold for what came of it.

    `errors` are the lines of the daemon's log that are errors. `finish` is known only from the recording: None leaves
    it out. `whole` is false while not all of the turn was heard: then nothing is said of its tools. `answers` tells how
    often the question was answered: nobody need ask for once.
    """
    twice = () if answers == 1 else (f"the question was answered {answers} times, expected once",)
    return (*_unmet(say, spoken, errors, finish, whole), *twice)


def _unmet(say: Say, spoken: Spoken, errors: Sequence[str], finish: str | None, whole: bool) -> Iterator[str]:
    expect = say.expect
    reply = spoken.reply or ""
    if expect.answer and say.cancel_after is None and not reply.strip():
        yield f"an answer was expected: {spoken.error or 'it is empty'}"
    yield from (f"the answer lacks {text!r}" for text in expect.contains if text.lower() not in reply.lower())
    yield from (f"the answer does not match '{form}'" for form in expect.matches if not re.search(form, reply))
    if whole:
        yield from _tools(say, spoken)
        if expect.outcome is not None and spoken.outcome != expect.outcome:
            yield f"the turn was expected to end {expect.outcome}, it ended {spoken.outcome or 'untold'}"
        if expect.compacted and not spoken.compacted:
            yield "the conversation was not compacted"
    if expect.finish is not None and finish is not None and finish != expect.finish:
        yield f"the last reply ended with {finish or 'no word why'!r}, expected {expect.finish!r}"
    if expect.within is not None and spoken.seconds > expect.within:
        yield f"it took {spoken.seconds:.1f} s, expected within {expect.within:g} s"
    if errors and not expect.log_errors:
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        yield f"the daemon logged an error: {errors[0][:_SHOWN]}{more}"


def _tools(say: Say, spoken: Spoken) -> Iterator[str]:
    expect, ran = say.expect, spoken.tools
    yield from (f"tool {name} was not called" for name in expect.tools if name not in ran)
    for name in dict.fromkeys(ran):
        if any(fnmatchcase(name, one) for one in expect.not_tools):
            yield f"tool {name} was called"
    if expect.calls is not None and len(ran) < expect.calls:
        yield f"{len(ran)} calls of tools ran, expected at least {expect.calls}"
    if expect.together is not None and spoken.together < expect.together:
        yield f"at most {spoken.together} calls came in one reply, expected {expect.together}"


def errors_of(lines: Sequence[str], spoken: Spoken) -> tuple[str, ...]:
    """The lines of the daemon's log that are errors, but for the one that says that this turn failed."""
    found = []
    for line in lines:
        logged = reference(line)
        if logged is None:
            found += [line] if line.startswith(_TRACEBACK) else []
        elif logged.level in _BAD and not logged.text.startswith(f"Turn {spoken.turn} failed"):
            found.append(logged.text)
    return tuple(found)
