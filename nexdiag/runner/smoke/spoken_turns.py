"""What only the recording tells of the messages that were said: why a reply ended; what ran across a kill. Pure."""

from collections.abc import Iterator, Sequence

import msgspec

from nexdiag.codec.answered import reply_of
from nexdiag.codec.wire import wire_of
from nexdiag.core.exchange import REFUSED
from nexdiag.core.scenario import Scenario, Spoken
from nexdiag.core.turn import Turn
from nexdiag.runner.smoke.expected import unmet
from nexdiag.runner.smoke.speaking import KILLED

_UNFINISHED = "unfinished"


def completed(scenario: Scenario, spoken: Sequence[Spoken], turns: Sequence[Turn]) -> tuple[Spoken, ...]:
    """Each message with what the recording adds to it, judged by that too. `turns` are all that were recorded."""
    return tuple(_completed(scenario, one, played) for one, played in zip(spoken, of_each(spoken, turns), strict=True))


def missing(spoken: Sequence[Spoken], turns: Sequence[Turn]) -> int:
    """How many messages the recording does not hold to their end.

    One that the daemon died over need have no end there: its answer may have been kept in the journal just before.
    """
    return sum(_due(one) and not _held(one, played) for one, played in zip(spoken, of_each(spoken, turns), strict=True))


def _due(one: Spoken) -> bool:
    """A slash command has no turn; a turn may be cancelled before it has begun."""
    return one.outcome != "cancelled" and (one.turn > 0 or one.reply is None)


def _held(one: Spoken, played: Sequence[Turn]) -> bool:
    return bool(played) and (one.done == KILLED or played[-1].outcome != _UNFINISHED)


def of_each(spoken: Sequence[Spoken], turns: Sequence[Turn]) -> Iterator[tuple[Turn, ...]]:
    """The recorded turns of each message: those that a kill left unfinished, and the one that ended."""
    at = 0
    for one in spoken:
        begin = at
        while at < len(turns) and _same(turns[begin], turns[at], one.turn):
            at += 1
            if turns[at - 1].outcome != _UNFINISHED:
                break
        yield tuple(turns[begin:at])


def _same(first: Turn, turn: Turn, number: int) -> bool:
    return turn.number == number and turn.session == first.session


def _completed(scenario: Scenario, one: Spoken, played: Sequence[Turn]) -> Spoken:
    say = scenario.say[one.place]
    unchecked = list(one.unchecked)
    broken = one.unmet
    if one.done == KILLED and not one.outcome:  # its end was told before anybody could hear it again
        one = _recorded(one, played)
        broken = (*broken, *(text for text in unmet(say, one) if text not in broken))
    if say.expect.finish is not None:
        finish = finish_of(played)
        if finish is None:
            unchecked.append("why the last reply ended: none was recorded")
        else:
            broken = (*broken, *(text for text in unmet(say, one, finish=finish) if text not in broken))
    return msgspec.structs.replace(one, unmet=broken, unchecked=tuple(unchecked))


def _recorded(one: Spoken, played: Sequence[Turn]) -> Spoken:
    """The message with what was recorded of its turns."""
    last = played[-1] if played else None
    if last is None:
        return one
    told = last.outcome if last.outcome != _UNFINISHED else "answered" if one.reply is not None else "failed"
    return msgspec.structs.replace(
        one,
        outcome=told,
        tools=tuple(run.name for turn in played for run in turn.tool_runs),
        input_tokens=last.usage.input_tokens,
        output_tokens=last.usage.output_tokens,
    )


def finish_of(turns: Sequence[Turn]) -> str | None:
    """Why the last reply of these turns ended, in the server's word, empty if it gave none; None without a reply."""
    exchanges = [one for turn in turns for one in turn.exchanges]
    replies = [
        (response, wire_of(one.request.url) or "chat")
        for one in exchanges
        if (response := one.response) is not None and response.status < REFUSED
    ]
    return reply_of(*replies[-1])[0].finish_reason or "" if replies else None
