"""Judged as several servers would."""

from linting import ASSISTANT, USER, calls, recording, refusing

from nexdiag.lint.portability import of_bare, of_cassette
from nexdiag.lint.seen.bare import BareExchange

STRICT, LENIENT = refusing("role-alternation", "unanswered-tool-call"), refusing()
OK = {"choices": []}


def test_each_server_has_its_own_verdict() -> None:
    """Turn by turn; that the recorded server took it changes nothing, and a fault of the history stays."""
    good, bad = [USER], [USER, ASSISTANT, USER, USER]
    rounds = [
        ({"messages": good}, 200, OK),
        ({"messages": bad}, 200, OK),
        ({"messages": [*bad, ASSISTANT, USER]}, 200, OK),
    ]
    table = of_cassette(recording(*rounds), [STRICT, LENIENT])
    assert [[row.word(at) for at in range(2)] for row in table.rows] == [
        ["takes", "takes"],
        ["refuses", "takes"],
        ["refuses", "takes"],
    ]
    assert [row.turn for row in table.rows] == [1, 2, 3]


def test_what_is_mended_by_a_later_message_is_refused_once() -> None:
    """A call that is answered in the next request."""
    open_, closed = [USER, calls("c")], [USER, calls("c"), {"role": "tool", "tool_call_id": "c", "content": "r"}]
    table = of_cassette(recording(({"messages": open_}, 200, OK), ({"messages": closed}, 200, OK)), [STRICT])
    assert [row.word(0) for row in table.rows] == ["refuses", "takes"]


def test_a_recorded_refusal_confirms_nothing_elsewhere() -> None:
    """Its words are another server's."""
    words = {"error": {"message": "Conversation roles must alternate"}}
    table = of_cassette(recording(({"messages": [USER, USER]}, 400, words)), [LENIENT])
    assert table.rows[0].word(0) == "takes"


def test_bare_requests_stand_each_for_itself() -> None:
    """A row for each."""
    bares = [BareExchange(request={"messages": [USER, USER]}, status=200), BareExchange(request={"messages": [USER]})]
    table = of_bare(bares, [STRICT], file="f")
    assert [row.word(0) for row in table.rows] == ["refuses", "takes"]


def test_the_order_of_the_lines_does_not_matter() -> None:
    """Each is judged for itself, by its own model, and told under its own place."""
    strict = refusing("developer-role", models="strict")
    messages = [{"role": "developer", "content": "d"}, {"role": "user", "content": "u"}]
    bares = [BareExchange(request={"model": model, "messages": messages}) for model in ("lenient", "strict")]
    for ordered, words in ((bares, ["takes", "refuses"]), (bares[::-1], ["refuses", "takes"])):
        table = of_bare([BareExchange(log="nothing"), *ordered], [strict], file="f")
        assert [row.word(0) for row in table.rows] == words
        assert [row.exchange for row in table.rows] == [1, 2]
        assert len(table.unchecked) == 1
