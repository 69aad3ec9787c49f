"""What was judged."""

from nexdiag.core.judged import Judged


def test_a_bare_exchange_is_named_with_its_id() -> None:
    """So that two lines of a file are told apart."""
    assert Judged(file="f", profile="x", findings=(), id="7").name == "f#7"
    assert Judged(file="f", profile="x", findings=()).name == "f"


def test_an_exchange_without_an_id_has_its_line() -> None:
    """So that a reader finds it; one that has the file for itself needs none."""
    assert Judged(file="a.jsonl", profile="vllm", findings=(), id="", line=3).name == "a.jsonl:3"
    assert Judged(file="a.jsonl", profile="vllm", findings=(), id="x", line=3).name == "a.jsonl#x"
    assert Judged(file="a.json", profile="vllm", findings=(), id="").name == "a.json"
