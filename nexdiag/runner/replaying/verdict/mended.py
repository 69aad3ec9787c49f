"""A request that was refused when it was recorded, and is now sent without the reason: the fault is mended. Pure.

lint judges both: the recorded exchange, in the words of the server that refused it, and what is sent now, by what is
known of that server. A refusal that no rule explains is never taken for mended.
"""

import msgspec

from nexdiag.core.endpoint import Profile
from nexdiag.core.exchange import Exchange, Request
from nexdiag.core.finding import Finding, Severity
from nexdiag.lint import engine


def mended(recorded: Exchange, sent: Request, profile: Profile) -> tuple[str, ...]:
    """The codes of the findings for which the recorded request was refused, and which the new one no longer has.

    Empty if it was not refused, if no rule says why, if a reason is still there, or another error has come.
    """
    before = _errors(engine.judge_exchange(recorded, profile))
    reasons = [one for one in before if one.refused]
    if not reasons:
        return ()
    now = {one.rule for one in _errors(engine.judge_exchange(_unanswered(recorded, sent), profile))}
    if now & {one.rule for one in reasons} or now - {one.rule for one in before}:
        return ()
    return tuple(dict.fromkeys(one.code for one in reasons))


def _unanswered(recorded: Exchange, sent: Request) -> Exchange:
    """The new request, to which nobody knows the answer."""
    return msgspec.structs.replace(recorded, request=sent, response=None, failure=None)


def _errors(findings: tuple[Finding, ...]) -> list[Finding]:
    return [one for one in findings if one.severity is Severity.ERROR]
