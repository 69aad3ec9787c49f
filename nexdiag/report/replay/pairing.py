"""Who answered whom: the proof that requests and recordings pair one to one, or what is against it. Pure."""

from collections import Counter
from collections.abc import Iterator, Sequence

from nexdiag.core.replayed import Pairing
from nexdiag.core.run import Run
from nexdiag.report.replay.verdict import divergence_of
from nexdiag.report.visible import one_line
from nexdiag.report.wording import count

_SHOWN = 8
"""Numbers that are told; the others are counted."""
_PROOF = {
    "resent": (
        "the recorded requests were sent again as they were, and each answer compared with the recorded one. "
        "Not checked: what their client would send today"
    ),
    "served": "some client asked, and was answered. Not checked: what it made of the answers",
}


def pairing_line(run: Run) -> str:
    """`12 requests, 12 recordings, 12 pairs, one to one`; empty where nobody looked."""
    pairing = run.pairing
    if pairing is None:
        return ""
    told = [count(pairing.requests, "request"), played(run, "recording"), count(len(pairing.pairs), "pair")]
    if ends_mended(run):
        return ", ".join([*told, "and what follows the mended turn is not checked"])
    more = asked_again(pairing)
    if pairing.one_to_one and more:
        return ", ".join([*told[:1], f"{told[1]}: each recording answered", *more])
    return ", ".join([*told, "one to one" if pairing.one_to_one else "not one to one"])


def asked_again(pairing: Pairing) -> list[str]:
    """`1 more request after a fault`, `2 more requests by --repeats`: requests that share a recording with another."""
    struck = {pair.exchange for pair in pairing.pairs if pair.fault}
    again = [pair for pair in pairing.pairs if pair.how == "again"]
    after = sum(pair.exchange in struck for pair in again)
    counts = {"after a fault": after, "by --repeats": len(again) - after}
    return [f"{count(number, 'more request')} {why}" for why, number in counts.items() if number]


def played(run: Run, noun: str) -> str:
    """`5 recordings`; `2 of 5 recordings` where only those had a part in the replay."""
    held = len(run.cassette.exchanges)
    had = run.pairing.recordings if run.pairing is not None else held
    return f"{had:,} of {count(held, noun)}" if in_part(run) else count(had, noun)


def in_part(run: Run) -> bool:
    """Whether the proof covers only some of what was recorded."""
    return run.pairing is not None and run.pairing.recordings < len(run.cassette.exchanges)


def ends_mended(run: Run) -> bool:
    """Whether what does not pair follows from a turn that is mended: nothing is wrong then."""
    return not run.differs and any(turn.outcome == "mended" for turn in run.replayed)


def against(run: Run) -> Iterator[str]:
    """What is against the proof: misses, recordings that nobody asked for or that fit equally well, repeats."""
    pairing = run.pairing
    if pairing is None:
        return
    mended = ends_mended(run)
    if pairing.misses and not mended:
        yield f"without a recording: {_numbers('request', [place + 1 for place in pairing.misses])}"
    if pairing.unplayed and not mended:
        yield f"not asked for: {_numbers('exchange', pairing.unplayed)}"
    for turn in run.replayed:
        ambiguous = divergence_of(turn).ambiguous if turn.differs else ()
        if ambiguous:
            yield f"fit equally well: {_numbers('exchange', ambiguous)}; none was taken"
            break
    again = [pair.exchange for pair in pairing.pairs if pair.how == "again"]
    if again:
        yield f"answered again: {_numbers('exchange', list(dict.fromkeys(again)))}"


def by_what(pairing: Pairing) -> Iterator[str]:
    """How those were matched that were not simply the same: by which rules, by which way, with which fault."""
    by_rule = [pair for pair in pairing.pairs if pair.aside]
    rules = Counter(rule for pair in by_rule for rule in pair.aside)
    if by_rule:
        named = ", ".join(f"{one_line(rule, 60)} ×{times:,}" for rule, times in rules.most_common(_SHOWN))
        rest = f" and {count(len(rules) - _SHOWN, 'more rule')}" if len(rules) > _SHOWN else ""
        yield f"{count(len(by_rule), 'pair')} by rule: {named}{rest}"
    for way in ("prefix", "turn"):
        looser = sum(pair.how == way for pair in pairing.pairs)
        if looser:
            yield f"{count(looser, 'pair')} by --match {way}: the requests are not the same"
    faults = Counter(pair.fault for pair in pairing.pairs if pair.fault)
    if faults:
        named = ", ".join(one_line(fault, 60) for fault in list(faults)[:_SHOWN])
        yield f"{count(faults.total(), 'answer')} with a fault laid over: {named}"
    if pairing.made:
        yield f"{count(pairing.made, 'request')} answered without a recording (a list of models)"


def unproved(run: Run) -> str:
    """What this way of replaying does and does not prove; empty where it proves all."""
    return _PROOF.get(run.how, "")


def _numbers(noun: str, numbers: Sequence[int]) -> str:
    """`exchange 3`, `exchanges 3, 4 and 12 more`."""
    rest = f" and {len(numbers) - _SHOWN:,} more" if len(numbers) > _SHOWN else ""
    return f"{noun}{'s' * (len(numbers) > 1)} {', '.join(map(str, numbers[:_SHOWN]))}{rest}"
