"""A request that was answered by a looser way of matching, and is not the recorded one. Pure.

The answer was given, as it was asked for; the difference is told all the same. What is tolerated is said by a rule.
"""

from nexdiag.core.exchange import Exchange, Request
from nexdiag.core.replayed import Pair
from nexdiag.replay.matching.canonical import address_of
from nexdiag.replay.matching.matcher import Miss
from nexdiag.runner.replaying.verdict import compared
from nexdiag.runner.replaying.verdict.consequences import Missed
from nexdiag.runner.replaying.verdict.divergence import Views

LOOSE = ("prefix", "turn")
"""Ways of matching that answer a request with the recording of another."""


def loosely(  # noqa: PLR0913 - all that is known of a request's place
    pair: Pair,
    asked: Request,
    recorded: Exchange,
    *,
    turn: int | None = None,
    session: str | None = None,
    views: Views | None = None,
) -> Missed | None:
    """The request as one that parts from the recording that answered it; None if it differs in nothing that counts.

    By `views` a difference that a rule sets aside is none.
    """
    if pair.how not in LOOSE:
        return None
    shared = compared.shared_messages(recorded.request, asked)
    found = compared.differences(recorded.request, asked, shared=shared)
    if views is not None:
        found = compared.that_count(found, views(recorded, asked))
    if address_of(recorded.request) == address_of(asked):  # a secret in the URL that was redacted stands for any other
        found = tuple(one for one in found if one.pointer not in ("(method)", "(path)"))
    if not found:
        return None
    miss = Miss(request=asked, nearest=recorded, shared=shared)
    return Missed(place=pair.request, miss=miss, turn=turn, session=session, due=recorded, how=pair.how)
