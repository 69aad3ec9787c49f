"""The table of a recording."""

from nexdiag.core.finding import Finding, Severity
from nexdiag.core.portability import Portability, PortableRow

ERROR = Finding(rule="a", code="NX1", severity=Severity.ERROR, summary="s")
WARNING = Finding(rule="b", code="NX2", severity=Severity.WARNING, summary="s")


def test_a_server_refuses_may_refuse_or_takes() -> None:
    """An error refuses; a warning may."""
    row = PortableRow(against=((ERROR, WARNING), (WARNING,), ()))
    assert [row.word(at) for at in range(3)] == ["refuses", "may refuse", "takes"]


def test_a_reason_is_told_once() -> None:
    """At the first request that carries it, however many do."""
    table = Portability(file="f", servers=("x",), rows=(PortableRow(against=((ERROR,),)),) * 3)
    assert (table.refused(0), len(table.reasons(0))) == (3, 1)
