"""What was judged."""

from nexdiag.core.judged import Judged


def test_a_bare_exchange_is_named_with_its_id() -> None:
    """So that two lines of a file are told apart."""
    assert Judged(file="f", profile="x", findings=(), id="7").name == "f#7"
    assert Judged(file="f", profile="x", findings=()).name == "f"
