"""A campaign: our executor is run through each fault at each place of a recording, and what it survives is told.

One fault a run, the network closed, in virtual time; the same seed gives the same campaign. What counts as survived is
said in `core.survival`. Each run is judged against one without a fault, never against what somebody hoped for.
"""

import time
from collections.abc import Callable, Iterator, Sequence

import msgspec

from nexdiag.codec import fault as text_of
from nexdiag.codec import jsontext
from nexdiag.codec.body import Splitter
from nexdiag.core.cassette import Cassette
from nexdiag.core.errors import NothingToDo
from nexdiag.core.exchange import Exchange
from nexdiag.core.fault import Fault
from nexdiag.core.survival import Struck, Survival
from nexdiag.core.turn import Session, Turn
from nexdiag.replay.faults import every, overlay
from nexdiag.runner.replaying.age import demand_young
from nexdiag.runner.replaying.answering import answers_of
from nexdiag.runner.replaying.campaign.seen import could_be_seen
from nexdiag.runner.replaying.campaign.trial import Trial, trial
from nexdiag.runner.replaying.conversations import conversations, demand_ours, whole_turns
from nexdiag.runner.replaying.how import How

Told = Callable[[Struck], None]
_WORDS = 300
_QUOTED = 100
_PLACES = 24
"""Requests of a conversation that are struck: each fault plays all of it again."""
_LOOSE = "turn"
_STRAYED = ("prefix", "turn")
"""Ways in which a request was answered that is not the recorded one."""


def campaign(  # noqa: PLR0913 - every outside thing is an argument
    cassette: Cassette,
    how: How,
    *,
    splitter: Splitter | None = None,
    told: Told = lambda struck: None,
    ticks: Callable[[], float] = time.perf_counter,
    clock: Callable[[], float] = time.time,
) -> Survival:
    """Run our executor through each fault at each place of the recording; `told` hears of each as it is judged.

    With `how.faults` only through those, one a run. Raises `NothingToDo` for a recording that holds no whole turn of
    ours, or does not replay as it was recorded even without a fault; `Expired` for one that may not be so old.
    """
    began = ticks()
    demand_young(cassette.header, how.max_age, how.expired, clock())
    _demand_ours(cassette)
    struck: list[Struck] = []
    turns, unchecked = 0, []
    for one in conversations(cassette):
        whole = whole_turns(one)
        turns += len(whole)
        if len(whole) < len(one.turns):
            unchecked.append(_cut(one.turns[len(whole)], len(one.turns) - len(whole)))
        if whole:
            conversation = _Conversation(one, whole, how, splitter)
            for each in conversation.strike():
                told(each)
                struck.append(each)
            unchecked += conversation.spared
    if not turns:
        raise NothingToDo(f"{_name(cassette)} holds no whole turn", hint="see what it holds with: nexdiag report")
    return Survival(
        name=_name(cassette),
        seed=how.seed,
        turns=turns,
        struck=tuple(struck),
        unchecked=tuple(unchecked),
        seconds=ticks() - began,
    )


def _demand_ours(cassette: Cassette) -> None:
    """Of another client's, there is no executor here that a fault could strike."""
    try:
        demand_ours(cassette)
    except NothingToDo as error:
        hint = "--faults all strikes our executor; a fault at a time for that client: --fault cut@1 -- COMMAND"
        raise NothingToDo(error.what, hint=hint) from error


class _Conversation:
    """One conversation, and how it goes without a fault."""

    def __init__(self, cassette: Cassette, turns: Sequence[Turn], how: How, splitter: Splitter | None) -> None:
        kept = {turn.number for turn in turns}
        self._cassette = cassette
        self._turns = turns
        self._exchanges = tuple(one for one in cassette.exchanges if one.turn in kept)
        self._how = how
        self._splitter = splitter or Splitter()
        self._plain = self._try(())
        self._demand_plain()
        self.spared: list[str] = []
        """What is not struck, because there is too much of it."""

    def strike(self) -> Iterator[Struck]:
        """Each fault at each place, one a run."""
        for fault in self._how.faults or self._every():
            yield self._judge(fault, self._try((fault,)))

    def _every(self) -> list[Fault]:
        """Every fault; of a long conversation those at some of its requests, from the first to the last."""
        faults = list(every(self._exchanges, seed=self._how.seed))
        places = list(dict.fromkeys((fault.turn, fault.exchange) for fault in faults))
        if len(places) <= _PLACES:
            return faults
        chosen = {places[place * (len(places) - 1) // (_PLACES - 1)] for place in range(_PLACES)}
        self.spared.append(f"{len(places) - len(chosen)} of {len(places)} model requests: --fault strikes any of them")
        return [fault for fault in faults if (fault.turn, fault.exchange) in chosen]

    def _try(self, faults: tuple[Fault, ...]) -> Trial:
        # Behind a turn that failed, requests differ for good: they are answered by their turns, and their way tells.
        match = _LOOSE if faults else self._how.match
        how = msgspec.structs.replace(self._how, faults=faults, match=match, speed=None, split="recorded")
        now = self._turns[0].started  # as our executor has it: a date in a request is that of the recording
        answers = answers_of(self._cassette.header, self._exchanges, how, splitter=self._splitter, clock=lambda: now)
        return trial(self._cassette, self._turns, answers)

    def _demand_plain(self) -> None:
        """What does not replay without a fault says nothing about one."""
        plain, name = self._plain, _name(self._cassette)
        hint = f"see what changed with: nexdiag replay {name}"
        if plain.session is None:
            raise NothingToDo(
                f"{name} cannot be replayed even without a fault: {plain.crashed or plain.hung}", hint=hint
            )
        if plain.answers.misses or plain.answers.unplayed():
            raise NothingToDo(f"{name} does not replay as it was recorded even without a fault", hint=hint)

    def _judge(self, fault: Fault, tried: Trial) -> Struck:
        number = self._struck(fault, tried)
        struck = Struck(
            fault=fault,
            text=text_of.encode(fault),
            outcome="exact",
            session=self._cassette.turns[0].session,
            retries=tried.heard.retries[number] - self._plain.heard.retries[number],
            seconds=tried.heard.seconds.get(number, 0.0),
        )
        if tried.session is None:
            outcome, why = ("hung", str(tried.hung)) if tried.hung is not None else ("crashed", tried.crashed)
            return msgspec.structs.replace(struck, outcome=outcome, error=_line(f"turn {tried.heard.turn}: {why}"))
        if not any(pair.fault for pair in tried.answers.pairing().pairs):
            return msgspec.structs.replace(struck, outcome="idle")
        return self._compared(struck, tried, tried.session)

    def _struck(self, fault: Fault, tried: Trial) -> int:
        """The turn that the fault struck first."""
        pairs = tried.answers.pairing().pairs
        first = next((pair.exchange for pair in pairs if pair.fault), None)
        turns = {exchange.id: exchange.turn for exchange in self._exchanges}
        return turns.get(first, fault.turn) or 0 if first is not None else fault.turn or 0

    def _compared(self, struck: Struck, tried: Trial, session: Session) -> Struck:
        plain = self._plain.session
        assert plain is not None, "it was demanded"
        differs = _differing(plain, session, tokens=not struck.retries)
        if set(differs) <= {"tokens"} and not _strayed(tried):
            outcome = "recovered" if struck.retries else "exact"
            return msgspec.structs.replace(struck, outcome=outcome, differs=differs, error=_line(self._reason(tried)))
        pairs = list(zip(plain.turns, session.turns, strict=True))
        old, new = next((pair for pair in pairs if _turn_differs(*pair)), pairs[-1])
        behind = [turn.outcome == "answered" for turn in session.turns if turn.number > new.number]
        struck = msgspec.structs.replace(struck, differs=differs, behind=len(behind), later=sum(behind))
        noticed = self._noticed(old, new, tried)
        if noticed:
            return msgspec.structs.replace(struck, outcome="told", error=_line(noticed))
        outcome = "silent" if self._could_be_seen(struck.fault) else "unseen"
        return msgspec.structs.replace(struck, outcome=outcome, error=_line(_told_instead(old, new)))

    def _reason(self, tried: Trial) -> str:
        """Why something was sent again, or what was remarked; empty if nobody noticed anything."""
        remarks = (self._remarks(turn.number, tried) for turn in self._turns)
        return next((reason for reason in (*tried.heard.reasons.values(), *remarks) if reason), "")

    def _remarks(self, number: int, tried: Trial) -> str:
        """What was remarked of a turn, and was not without the fault."""
        plain = self._plain.heard.repairs.get(number, ())
        return next((what for what in tried.heard.repairs.get(number, ()) if what not in plain), "")

    def _noticed(self, before: Turn, turn: Turn, tried: Trial) -> str:
        """What the user, or the model, was told in the first turn that is not as recorded; empty if nothing."""
        if turn.error and not self._was_missed(turn.number, tried):
            return turn.error
        remark = self._remarks(turn.number, tried)
        known = {run.arguments for run in before.tool_runs}
        fresh = (run for run in turn.tool_runs if run.arguments not in known)
        unread = next((run.name for run in fresh if not _is_object(run.arguments)), "")
        return remark or (f"the model is told that its call of {unread} cannot be read" if unread else "")

    @staticmethod
    def _was_missed(number: int, tried: Trial) -> bool:
        """Whether the turn failed only because what it asked was never recorded: the replay's word, not a server's."""
        return any(turn == number for _, turn, _ in tried.answers.misses)

    def _could_be_seen(self, fault: Fault) -> bool:
        """Whether what the fault made of an answer shows that something is wrong with it."""
        lay = overlay((fault,), self._exchanges, seed=self._how.seed)
        for exchange in self._exchanges:
            laid = lay(exchange)
            if laid is None:
                continue
            whole = laid.playback
            if whole.failure is not None or whole.status is None or whole.status != _status(exchange):
                return True
            body = b"".join(piece.bytes for piece in whole.pieces)
            streamed = exchange.response is not None and exchange.response.streamed
            return could_be_seen(body, streamed=streamed)
        return True


def _strayed(tried: Trial) -> bool:
    """Whether something was asked that was never recorded."""
    return bool(tried.answers.misses) or any(pair.how in _STRAYED for pair in tried.answers.pairing().pairs)


def _status(exchange: Exchange) -> int | None:
    return exchange.response.status if exchange.response is not None else None


def _differing(before: Session, after: Session, *, tokens: bool) -> tuple[str, ...]:
    """What is not as in the session without a fault, each once. A request that was sent again costs tokens again."""
    found = [name for old, new in zip(before.turns, after.turns, strict=True) for name in _turn_differs(old, new)]
    if before.messages != after.messages:
        found.append("messages")
    if tokens and [turn.usage for turn in before.turns] != [turn.usage for turn in after.turns]:
        found.append("tokens")
    return tuple(dict.fromkeys(found))


def _turn_differs(before: Turn, after: Turn) -> list[str]:
    pairs = [(name, getattr(before, name), getattr(after, name)) for name in ("outcome", "reply", "error")]
    pairs.append(("tools", _runs(before), _runs(after)))
    return [name for name, old, new in pairs if old != new]


def _runs(turn: Turn) -> list[tuple[str, str, str, bool]]:
    return [(run.name, run.arguments, run.output, run.is_error) for run in turn.tool_runs]


def _is_object(arguments: str) -> bool:
    try:
        return isinstance(jsontext.read(arguments), dict) if arguments.strip() else True
    except (ValueError, RecursionError):
        return False


def _told_instead(before: Turn, after: Turn) -> str:
    """What the user saw, where it is not what was recorded and nobody said so."""
    if before.reply != after.reply:
        return f"turn {after.number} answers {_short(after.reply)}, where {_short(before.reply)} was sent"
    differing = _turn_differs(before, after)
    return f"turn {after.number} is another in {', '.join(differing)}" if differing else "other messages are sent"


def _short(reply: str | None) -> str:
    return repr(reply if reply is None or len(reply) <= _QUOTED else f"{reply[: _QUOTED - 1]}…")


def _cut(turn: Turn, count: int) -> str:
    rest = f", and {count - 1} behind it" if count > 1 else ""
    return f"turn {turn.number}{rest}: it was {turn.outcome} when it was recorded"


def _name(cassette: Cassette) -> str:
    return cassette.name or "the cassette"


def _line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _WORDS else f"{line[: _WORDS - 1]}…"
