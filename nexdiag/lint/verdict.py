"""How much a fault matters: by what the profile states, and by what the server is known to have answered."""

import re

from nexdiag.core.endpoint import Profile, Wire
from nexdiag.core.finding import Severity
from nexdiag.lint import profiles
from nexdiag.lint.quoting import both_ends
from nexdiag.lint.rule import Fault, Rule
from nexdiag.lint.seen.words import heard

_LEFT_OPEN = re.compile(r"\{\w+\}")
"""What a server fills in: a name, an id."""
_WORDS = 200
_SPLIT = re.compile(r"[.\[\]/ ]+")


def severity(rule: Rule, profile: Profile, *, accepted: bool, model: str = "", wire: Wire = "chat") -> Severity | None:
    """How much a fault matters that no recorded answer confirms; None for not at all.

    A server that is known to have accepted the request did not refuse it: then nothing is worse than a warning.
    """
    if not profile.known:
        found = rule.unknown
    elif profile.refusal(rule.name, model, wire) is not None:
        found = rule.refused
    elif profiles.condition(profile, rule.name, model, wire) is not None:
        found = Severity.WARNING
    else:
        found = rule.elsewhere
    if accepted and rule.silent_if_accepted:
        return None
    return Severity.WARNING if accepted and found is Severity.ERROR else found


def reason(rule: Rule, profile: Profile, *, model: str = "", wire: Wire = "chat") -> tuple[str, ...]:
    """Evidence for a fault that no recorded answer confirms: why this server may or does refuse it."""
    refusal = profile.refusal(rule.name, model, wire)
    if refusal is not None:
        words = _LEFT_OPEN.sub("…", heard(refusal.body).words)
        told = f": {both_ends(words, _WORDS)}" if words else " to this"
        return (f"{profile.title} answers {refusal.status}{told} ({refusal.source})",)
    condition = profiles.condition(profile, rule.name, model, wire)
    if condition is not None:
        return (f"{profile.title} refuses this if {condition.when}",)
    return ()


def heard_line(words: str, status: int | None, *, logged: bool) -> str:
    """The line of evidence that quotes the server."""
    told = "the log says" if logged else "the server said"
    return f"{told}{f' ({status})' if status is not None else ''}: {both_ends(words, 300)}"


def singled_out(fault: Fault, words: str, param: str = "") -> bool:
    """Whether the server names this very fault: by an id or the index of the message in its words, or by `param`."""
    if any(name and name in words for name in fault.ids):
        return True
    if param and fault.pointer is not None:
        path, named = fault.pointer.strip("/").split("/"), [part for part in _SPLIT.split(param) if part]
        if named == path or (fault.at is not None and len(named) > 1 and named[:2] == path[:2]):
            return True
    places = {fault.at, fault.last} - {None}
    return any(re.search(rf"\bmessages?[.\[ ]+{at}\b", words) is not None for at in places)
