"""What came of a replay: verdicts of turns, who answered whom, and the first thing that changed."""

import msgspec

from nexdiag.core.difference import Difference


class Pair(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A request and the recorded exchange that answered it."""

    request: int
    """Its place among the requests of the replay, from 0."""
    exchange: int
    """The id of the exchange."""
    how: str = "same"
    """Why it answers: `same` (the requests mean the same), `rule` (but for volatile fields), `prefix`, `turn`
    (as a looser way of matching has it), `again` (the request came before, and the exchange was not spent by it)."""
    aside: tuple[str, ...] = ()
    """The rules by which something was set aside, for `rule`."""
    fault: str = ""
    """The fault that was laid over the answer."""


class Pairing(msgspec.Struct, frozen=True, kw_only=True):
    """Which request was answered from which recording: the proof that they pair one to one, or what is against it."""

    requests: int = 0
    recordings: int = 0
    pairs: tuple[Pair, ...] = ()
    misses: tuple[int, ...] = ()
    """Places of the requests that had no answer."""
    unplayed: tuple[int, ...] = ()
    """Ids of the exchanges that nobody asked for."""
    made: int = 0
    """Requests that were answered without a recording: a list of models."""

    @property
    def one_to_one(self) -> bool:
        """Whether each request has a recording of its own, and each recording a request of its own."""
        spent = [pair for pair in self.pairs if pair.how != "again"]
        exchanges = {pair.exchange for pair in spent}
        return not self.misses and not self.unplayed and len(exchanges) == len(spent) == self.recordings


class Divergence(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The first thing that changed in a conversation, and what it brought about."""

    turn: int | None
    session: str = ""
    method: str = ""
    path: str = ""
    """What was asked for."""
    nearest: int | None = None
    """The id of the recorded exchange that shares the longest beginning; None if there is none."""
    nearest_turn: int | None = None
    shared: int = 0
    """Messages from the beginning that both share."""
    sent: int = 0
    recorded: int = 0
    """Messages in the request, and in the nearest recording."""
    first: Difference | None = None
    """The first place where the two differ: left is recorded, right was sent."""
    more: int = 0
    """Differences in the same request beside the first."""
    consequences: int = 0
    """Later requests that differ because this one did: they carry what changed here."""
    ambiguous: tuple[int, ...] = ()
    """Ids of different recordings that fit equally well: none of them was taken."""
    why: str = ""
    """In one sentence, without values."""
    advice: str = ""
    """What to do."""


class TurnVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """How one turn of a replay came out."""

    number: int
    """From 1; 0 stands for what belongs to no turn."""
    session: str = ""
    said: str
    outcome: str
    """`exact`, `changed`, `missing` (recorded, not asked for), `extra` (asked for, not recorded), `mended` (the
    recorded request was refused, and what is sent now is free of the reason), or `unchecked`: it was cut short when it
    was recorded, or comes after one that was."""
    differences: tuple[Difference, ...] = ()
    note: str = ""
    """Why a turn is unchecked; what is mended."""
    divergence: Divergence | None = None
    """For the first turn of a conversation that differs."""
    seconds: float = 0.0
    """How long the turn took in replay."""

    @property
    def differs(self) -> bool:
        """Whether it came out otherwise than recorded; an unchecked one did not come out at all."""
        return self.outcome in ("changed", "missing", "extra")
