"""The proofs of several conversations as one: who answered whom in the whole recording. Pure."""

from collections.abc import Iterable

import msgspec

from nexdiag.core.replayed import Pair, Pairing


def together(parts: Iterable[Pairing]) -> Pairing:
    """One pairing of all: requests are counted through, in the order in which the parts were played."""
    requests = recordings = made = 0
    pairs: list[Pair] = []
    misses: list[int] = []
    unplayed: list[int] = []
    for part in parts:
        pairs += (msgspec.structs.replace(pair, request=pair.request + requests) for pair in part.pairs)
        misses += (place + requests for place in part.misses)
        unplayed += part.unplayed
        requests += part.requests
        recordings += part.recordings
        made += part.made
    return Pairing(
        requests=requests,
        recordings=recordings,
        pairs=tuple(pairs),
        misses=tuple(misses),
        unplayed=tuple(unplayed),
        made=made,
    )
