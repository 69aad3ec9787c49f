"""One chat of a recording."""

from nexdiag.lint.chain import Chain
from nexdiag.lint.rule import Fault, Rule
from nexdiag.lint.seen.bare import BareExchange
from nexdiag.lint.seen.history import History
from nexdiag.lint.seen.view import of_bare

RULE = Rule(name="a-fault", code="NX999", family="test", page="Something is wrong.")


def test_equal_faults_are_numbered() -> None:
    """So that two messages with the same fault are two findings."""
    chain = Chain(History())
    fault = Fault(summary="wrong", fix="mend it")
    assert [chain.number(RULE, fault), chain.number(RULE, fault)] == [0, 1]
    assert chain.number(RULE, Fault(summary="other", fix="mend it")) == 0


def test_the_last_accepted_request_is_known() -> None:
    """A fault that came in before it was let pass."""
    chain = Chain(History())
    for status in (200, 400):
        chain.take(of_bare(BareExchange(status=status, response={})))
    assert (chain.taken, chain.accepted) == (2, 1)
