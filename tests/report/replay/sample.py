"""Replays for the tests of this room: each way in which a recording can come out, a hostile one, and a long one."""

from collections.abc import Sequence
from typing import Any

import msgspec

from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.difference import Difference
from nexdiag.core.exchange import Exchange, Request
from nexdiag.core.replayed import Divergence, Pair, Pairing, TurnVerdict
from nexdiag.core.run import Replayed, Run

EVIL = "\x1b[2J\r\n::error::x##[error]\u202e|`]]>&<\x00\ud800\uffff[a](http://x)@all"
"""What a terminal, a runner, a parser of XML or a page would obey, or choke on."""
CHANGE = Difference(
    pointer="/messages/6/content",
    left="Read the file, then tell me which test fails and why it does; the answer is short. " * 3 + "Be quick.",
    right="Read the file, then tell me which test fails and why it does; the answer is short. " * 3 + "Be careful.",
)
DIVERGENCE = Divergence(
    turn=3,
    method="POST",
    path="/v1/chat/completions",
    nearest=4,
    nearest_turn=3,
    shared=6,
    sent=7,
    recorded=7,
    first=CHANGE,
    more=1,
    consequences=2,
    why="no recording of this request; exchange 4 (turn 3) is nearest",
    advice="if the change is meant, record again from turn 3: nexdiag replay a.cassette.jsonl --from 3 -e URL",
)


def verdict(number: int, outcome: str = "exact", **more: Any) -> TurnVerdict:  # noqa: ANN401 - any field
    """One turn."""
    return TurnVerdict(**({"number": number, "said": f"message {number}", "outcome": outcome, "seconds": 0.01} | more))


def pairing(count: int, **more: Any) -> Pairing:  # noqa: ANN401 - any field
    """A proof of so many pairs."""
    pairs = tuple(Pair(request=place, exchange=place) for place in range(count))
    return Pairing(**({"requests": count, "recordings": count, "pairs": pairs} | more))


def one(name: str, turns: Sequence[TurnVerdict], proof: Pairing | None = None, **more: Any) -> Replayed:  # noqa: ANN401 - any field
    """A recording that was played."""
    request = Request(method="POST", url="http://127.0.0.1:8080/v1/chat/completions")
    exchanges = tuple(
        Exchange(id=place, started=10.0 + place, request=request, duration=1.0) for place in range(len(turns))
    )
    cassette = Cassette(
        header=Header(command=more.pop("command", "")), exchanges=exchanges, name=name, tear=more.pop("tear", None)
    )
    of_it = {key: more.pop(key) for key in ("what", "hint", "code") if key in more}
    fields: dict[str, Any] = {"name": name, "profile": "vllm", "how": "rerun", "seconds": 0.2} | more
    run = Run(cassette=cassette, replayed=tuple(turns), pairing=proof or pairing(len(turns)), **fields)
    return Replayed(path=f"cassettes/{name}.cassette.jsonl", run=run, **of_it)


def exact() -> Replayed:
    return one("exact", [verdict(number) for number in range(1, 4)])


def changed(name: str = "changed", session: str = "") -> Replayed:
    pairs = tuple(Pair(request=place, exchange=place) for place in range(2))
    proof = pairing(2, requests=3, recordings=5, pairs=pairs, misses=(2,), unplayed=(2, 3, 4))
    found = msgspec.structs.replace(DIVERGENCE, session=session)
    turns = [
        verdict(1, session=session),
        verdict(2, session=session),
        verdict(3, "changed", session=session, divergence=found, differences=(CHANGE,)),
        verdict(4, "changed", session=session, note="it comes after what changed in turn 3"),
        verdict(5, "missing", session=session),
    ]
    return one(name, turns, proof)


def mended() -> Replayed:
    note = (
        "NX101 gone, nothing new; the recorded answer to turn 2 is an error; take a new one: nexdiag capture --from 2"
    )
    role = Difference(pointer="/messages/6/role", left="user", right="tool")
    divergence = Divergence(turn=2, first=role)
    left = "it goes on from turn 2, and the recorded answer to that is an error"
    turns = [verdict(1), verdict(2, "mended", note=note, divergence=divergence), verdict(3, "unchecked", note=left)]
    proof = pairing(1, requests=2, recordings=3, misses=(1,), unplayed=(1, 2))
    return one("mended", turns, proof)


def resent() -> Replayed:
    pairs = (
        Pair(request=0, exchange=0, how="rule", aside=("dates", "ids")),
        Pair(request=1, exchange=1, how="prefix"),
        Pair(request=2, exchange=2, how="again", fault="status 500"),
    )
    proof = pairing(3, requests=4, recordings=2, pairs=pairs, made=1)
    return one("resent", [verdict(1), verdict(2)], proof, how="resent")


def ambiguous() -> Replayed:
    why = "exchanges 4 and 7 fit this request equally well, and differ: none of them was taken"
    found = msgspec.structs.replace(DIVERGENCE, ambiguous=(4, 7), why=why, first=None, consequences=0, more=0)
    proof = pairing(2, requests=3, misses=(2,))
    return one("ambiguous", [verdict(1), verdict(2), verdict(3, "changed", divergence=found)], proof)


def expired() -> Replayed:
    said = "it was recorded on 2025-01-02, 300 days ago, and may be at most 30 days old"
    return one("expired", [verdict(1)], expired=said, what=said, hint="record it again: nexdiag capture", code=1)


def old() -> Replayed:
    return one("old", [verdict(1)], expired="it was recorded on 2025-01-02, 300 days ago")


def torn() -> Replayed:
    return one("torn", [verdict(1)], tear="line 36 is torn")


def broken() -> Replayed:
    path = "cassettes/broken.cassette.jsonl"
    return Replayed(path=path, what=f"{path} is no cassette", hint="it begins otherwise", code=3)


def nothing() -> Replayed:
    path = "cassettes/empty.cassette.jsonl"
    return Replayed(path=path, what=f"{path} has no turn to replay", hint="record one", code=4)


def skipped() -> Replayed:
    return Replayed(path="cassettes/skipped.cassette.jsonl", what="cassettes/changed.cassette.jsonl failed before it")


def served() -> Replayed:
    return one("served", [], pairing(2), how="served")


def hostile() -> Replayed:
    """Every text that came from outside is the worst."""
    first = Difference(pointer=EVIL, left=EVIL, right={EVIL: [EVIL, float("nan"), b"\xff"]}, right_pointer=EVIL + "x")
    found = Divergence(turn=1, session=EVIL, method=EVIL, path=EVIL, first=first, why=EVIL, advice=EVIL)
    turns = [
        verdict(1, "changed", session=EVIL, said=EVIL, note=EVIL, divergence=found, differences=(first,)),
        verdict(1, "changed", session=EVIL, said=EVIL),
        verdict(2, "mended", session="b", said=EVIL, note=EVIL, divergence=found),
        verdict(3, "unchecked", session="b", said=EVIL, note=EVIL),
    ]
    pairs = (Pair(request=0, exchange=0, how="rule", aside=(EVIL,), fault=EVIL),)
    run = one(EVIL, turns, pairing(1, pairs=pairs), expired=EVIL, tear=EVIL).run
    return Replayed(path=EVIL, run=run, what=EVIL + "!", hint=EVIL, code=1)


def unread() -> Replayed:
    """A hostile name of a file that is none."""
    return Replayed(path=EVIL, what=EVIL, hint=EVIL, code=3)


def long(count: int = 1000) -> Replayed:
    """The last turn but 9 changed, and brought about the rest."""
    place = count - 9
    found = msgspec.structs.replace(DIVERGENCE, turn=place, consequences=9)
    turns = [verdict(number) for number in range(1, place)]
    turns.append(verdict(place, "changed", divergence=found))
    turns += [verdict(number, "changed", note="it comes after") for number in range(place + 1, count + 1)]
    return one("long", turns, pairing(place - 1, requests=count, recordings=count))


def several() -> list[Replayed]:
    """One of each."""
    return [
        exact(), changed(), mended(), resent(), ambiguous(), expired(), old(), torn(), broken(), nothing(), skipped(),
        served(),
    ]  # fmt: skip
