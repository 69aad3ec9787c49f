"""The docket: each fault once."""

import msgspec

from nexdiag.core.finding import Severity
from nexdiag.lint.docket import Docket, Entry
from nexdiag.lint.profiles import named
from nexdiag.lint.rule import Fault, Rule
from nexdiag.lint.seen.bare import BareExchange
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.history import History
from nexdiag.lint.seen.past import Past
from nexdiag.lint.seen.view import View, of_bare

RULE = Rule(name="a-fault", code="NX999", family="test", page="Something is wrong.")
FAULT = Fault(summary="wrong", fix="mend it", evidence=("seen",))


def entered(docket: Docket, rule: Rule, fault: Fault, seen: View, number: int = 0) -> Entry:
    entry = docket.enter(rule, fault, Case(seen, History(), named("unknown"), Past()), number)
    entry.carried(seen)
    return entry


REFUSAL = of_bare(BareExchange(status=400, response={"error": "no"}))
SUCCESS = of_bare(BareExchange(status=200))


def test_a_fault_is_entered_once() -> None:
    """What carries it again is counted."""
    docket = Docket(named("unknown"))
    first = entered(docket, RULE, FAULT, SUCCESS, 0)
    assert entered(docket, RULE, FAULT, SUCCESS, 0) is first
    assert entered(docket, RULE, FAULT, SUCCESS, 1) is not first
    assert [found.repeats for found in docket.findings()] == [1, 0]


def test_a_confirmed_fault_has_the_servers_words() -> None:
    """The first words count, and stand in the evidence."""
    docket = Docket(named("unknown"))
    entry = entered(docket, RULE, FAULT, REFUSAL, 0)
    entry.confirm(REFUSAL)
    entry.confirm(of_bare(BareExchange(status=500, response={"error": "no again"})))
    (found,) = docket.findings()
    assert (found.severity, found.refused, found.server_words) == (Severity.ERROR, True, "no")
    assert found.evidence == ("seen", 'the server said (400): "no"')


def test_a_fault_that_does_not_matter_is_not_reported() -> None:
    """A known server that does not mind gets no finding, unless it did refuse."""
    docket = Docket(named("openai"))
    entry = entered(docket, RULE, FAULT, REFUSAL, 0)
    assert docket.findings() == ()
    entry.confirm(REFUSAL)
    assert len(docket.findings()) == 1


def test_words_of_a_log_are_not_the_servers() -> None:
    """They are evidence, but not quoted as the server's."""
    docket = Docket(named("unknown"))
    logged = of_bare(BareExchange(status=400, log="it said no"))
    entered(docket, RULE, FAULT, logged, 0).confirm(logged)
    (found,) = docket.findings()
    assert found.server_words is None
    assert found.evidence[-1] == 'the log says (400): "it said no"'


def test_what_is_silent_if_accepted_is_withdrawn() -> None:
    """Also where the server let it pass only later; another rule's fault becomes a warning then."""
    for silent, told in ((True, 0), (False, 1)):
        docket = Docket(named("unknown"))
        rule = Rule(name="r", code="NX998", family="test", page="Wrong.", unknown=Severity.ERROR)
        rule = msgspec.structs.replace(rule, silent_if_accepted=silent)
        unanswered = of_bare(BareExchange())
        entered(docket, rule, FAULT, unanswered, 0)
        assert [found.severity for found in docket.findings()] == [Severity.ERROR]
        entered(docket, rule, FAULT, SUCCESS, 0)
        assert [found.severity for found in docket.findings()] == [Severity.WARNING] * told


def test_a_fault_may_have_a_weight_of_its_own() -> None:
    """Then neither rule nor profile is asked; a refusal in its words weighs more."""
    docket = Docket(named("openai"))
    entry = entered(docket, RULE, msgspec.structs.replace(FAULT, weight=Severity.INFO), SUCCESS, 0)
    assert [found.severity for found in docket.findings()] == [Severity.INFO]
    entry.confirm(REFUSAL)
    assert [found.severity for found in docket.findings()] == [Severity.ERROR]
