"""Promises of nexdiag.report.snapshot.masks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.core.errors import UsageError
from nexdiag.report.snapshot.masks import RULES, Machine, Masks, literal, unmasked

MACHINE = Machine(
    directories=(("/home/jo", "home"), ("/home/jo/suite", "root"), ("/", "never")),
    temporary=("/temp",),
    dates=lambda at: lambda text: text.replace(f"day {at}", "⟨today⟩"),
    times=lambda at, number, name: name == "created" and number == at,
)
UUID = "6f1c2a0e-9b1d-4c7e-8a55-0123456789ab"


def masked(text: str, *, keep: tuple[str, ...] = (), at: float | None = None) -> str:
    return Masks(MACHINE, keep).text(text, at)


@pytest.mark.parametrize(
    ("rule", "text", "stands"),
    [
        ("uuids", f"a {UUID}, {UUID.upper()}", "a ⟨uuid 1⟩, ⟨uuid 1⟩"),
        ("dates", "it is day 5.0", "it is ⟨today⟩"),
        ("directories", "in /home/jo/suite/x and /home/jo", "in ⟨root⟩/x and ⟨home⟩"),
        ("directories", "/temp/tmpab12cd_3/x", "⟨tmp 1⟩/x"),
        ("ports", "http://127.0.0.1:40001/v1 localhost:40002", "http://127.0.0.1:⟨port 1⟩/v1 localhost:⟨port 2⟩"),
        ("secrets", "Bearer [redacted 0a1b2c3d]", "Bearer ⟨secret 1⟩"),
    ],
)
def test_a_rule_replaces_its_class_and_can_be_switched_off(rule: str, text: str, stands: str) -> None:
    """Each by its name."""
    assert masked(text, at=5.0) == stands
    assert masked(text, keep=(rule,), at=5.0) == text


@pytest.mark.parametrize(
    "text",
    [
        "localhost:8080, localhost:30000 and example.com:40001 and 127.0.0.1:99999",
        "/home/joan /home/jo-2 x/home/jo //",
        "/temp/data/tmpab12cd_3 /var/temp/tmpab12cd_3",
        f"{UUID}-1",
        "day 6.0",
    ],
)
def test_what_is_not_of_the_class_stays_and_counts(text: str) -> None:
    """A port that somebody chose, a directory that only begins alike, another day."""
    assert masked(text, at=5.0) == text


def test_a_renumbered_id_is_equal_and_a_swapped_one_is_not() -> None:
    """Ids are numbered by first use, in their fields of all three dialects and where texts name them."""

    def chat(first: str, second: str, answered: str) -> object:
        calls = [{"id": one, "function": {"arguments": "{}"}} for one in (first, second)]
        result = {"role": "tool", "tool_call_id": answered, "content": f"of {answered}."}
        return Masks(MACHINE).value({"messages": [{"tool_calls": calls}, result]}, ())

    assert chat("call_a1b2c3d4", "x1", "call_a1b2c3d4") == chat("toolu_99887766", "y", "toolu_99887766")
    assert chat("call_a1b2c3d4", "x1", "call_a1b2c3d4") != chat("call_a1b2c3d4", "x1", "x1")
    assert "of ⟨call 1⟩." in repr(chat("call_a1b2c3d4", "x1", "call_a1b2c3d4"))
    other = {
        "previous_response_id": "resp_1",
        "input": [{"type": "function_call", "id": "fc_1", "call_id": "c1"}, {"call_id": "c1"}, {"id": "fc_2"}],
        "messages": [{"content": [{"type": "tool_use", "id": "t"}, {"tool_use_id": "t"}]}],
    }
    assert Masks(MACHINE).value(other, ()) == {
        "previous_response_id": "⟨response 1⟩",
        "input": [
            {"type": "function_call", "id": "⟨item 1⟩", "call_id": "⟨call 1⟩"},
            {"call_id": "⟨call 1⟩"},
            {"id": "⟨item 2⟩"},
        ],
        "messages": [{"content": [{"type": "tool_use", "id": "⟨call 2⟩"}, {"tool_use_id": "⟨call 2⟩"}]}],
    }
    faulty = {"messages": [{"tool_call_id": None}, {"tool_call_id": ""}, {"tool_call_id": "with space"}, {"id": "m"}]}
    assert Masks(MACHINE).value(faulty, ()) == faulty


def test_a_seed_and_a_time_are_replaced_by_their_size_and_their_hour() -> None:
    """A seed of 42 is meant; so is a number that is not of now, and one that is no number."""
    given = {"seed": 123456789, "options": {"seed": 42}, "created": 5.0, "made": 5.0, "x": {"seed": True}}
    assert Masks(MACHINE).value(given, (), 5.0) == {**given, "seed": "⟨seed⟩", "created": "⟨now⟩"}


def test_an_unknown_rule_is_told_with_the_nearest() -> None:
    """And all names."""
    with pytest.raises(UsageError, match="unknown rule 'date'") as told:
        Masks(MACHINE, ("date",))
    assert "did you mean dates?" in told.value.hint
    assert all(name in told.value.hint for name in RULES)


@given(st.text(alphabet="⟨⟩ 1calpORT:t", max_size=12))
def test_no_text_can_pass_for_a_mark(text: str) -> None:
    """What was written literally is read again, and a single sign never comes of it."""
    assert unmasked(literal(text)) == text
    assert "⟨" not in literal(text).replace("⟨⟨", "")
