"""A request beside the one before it in its chat."""

import pytest

from nexdiag.core.cassette import Cassette
from nexdiag.lint import profiles
from nexdiag.lint.judging import Judging
from nexdiag.lint.seen import view
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.history import History
from nexdiag.lint.seen.message import message_of, read_message
from nexdiag.lint.seen.past import Past
from nexdiag.lint.seen.resent import Resends, Resent, resent
from tests.linting import ASSISTANT, SYSTEM, USER, recording

A, B, C = (
    {"role": "assistant", "content": f"{one}: a text that is long enough to know the chat by, word for word"}
    for one in "abc"
)


def taken(cassette: Cassette) -> list[Resent | None]:
    """Each exchange, as it is seen beside the one before it."""
    resends = Resends()
    found = []
    for exchange in cassette.exchanges:
        seen = view.of_exchange(exchange)
        history = History(seen.list_name)
        last = seen.fields.last_link(seen.list_name)
        for link in last.chain() if last is not None else ():
            history.add(read_message(link.raw))
        found.append(resends.take(Case(seen, history, profiles.resolve(None), Past())))
    return found


def chats(*requests: list[object], status: int = 200) -> list[Resent | None]:
    return taken(recording(*[({"model": "m", "messages": one}, status, {}) for one in requests]))


@pytest.mark.parametrize(
    ("first", "second", "common", "what"),
    [
        ([USER], [USER, ASSISTANT, USER], 1, "kept"),
        ([USER, ASSISTANT], [USER, ASSISTANT], 2, "same"),
        ([USER, ASSISTANT, USER], [USER], 1, "back"),
        ([USER, A, USER, B], [USER, A, ASSISTANT, B], 2, "changed"),
        ([SYSTEM, USER, A], [{**SYSTEM, "content": "t"}, USER, A, USER], 0, "changed"),
        ([USER, A, USER, B], [{"role": "user", "content": "Summary: ..."}, B, USER], 0, "compacted"),
    ],
)
def test_what_became_of_the_history(first: list[object], second: list[object], common: int, what: str) -> None:
    """Only grown, sent again, gone back, changed, summed up."""
    before, found = chats(first, second)
    if what == "back":  # nothing of an answer comes again: it is a chat of its own
        assert found is None
        return
    assert before is None
    assert found is not None
    assert found.common == common
    assert (found.kept, found.same, found.compacted) == (what in ("kept", "same"), what == "same", what == "compacted")


def test_chats_with_one_first_question_are_told_apart() -> None:
    """A title that is asked for in between is no change of the chat."""
    title = [{"role": "system", "content": "Give it a title."}, USER]
    found = chats([SYSTEM, USER], title, [SYSTEM, USER, A, USER])
    assert found[1] is None
    assert found[2] is not None
    assert found[2].before.view.exchange == 0


def test_the_longest_beginning_is_the_one_before() -> None:
    """Two branches of a chat go on each by itself."""
    found = chats([USER, A, USER], [USER, B, USER], [USER, A, USER, ASSISTANT, USER])
    assert found[2] is not None
    assert found[2].before.view.exchange == 0


def test_what_was_refused_is_not_remembered() -> None:
    """Changing it is mending it."""
    assert chats([USER], [USER, ASSISTANT, USER], status=400) == [None, None]


def test_what_is_kept_does_not_grow_with_the_turns() -> None:
    """A chat costs what its last request is."""
    resends = Resends()
    messages: list[object] = [USER]
    rounds = []
    for turn in range(50):
        messages = [
            *messages,
            {**A, "content": f"{A['content']} {turn}"},
            {**USER, "content": "and then? " * 9 + f"{turn}"},
        ]
        rounds.append(({"model": "m", "messages": messages}, 200, {}))
    judging = Judging(profiles.resolve(None))
    for exchange in recording(*rounds).exchanges:
        seen = view.of_exchange(exchange)
        history = History()
        history.add(read_message(b'{"role": "user", "content": "u"}'))
        resends.take(Case(seen, history, profiles.resolve(None), Past()))
        judging.take(seen)
    assert sum(map(len, resends._chats.values())) == 1
    assert len(resends._tails) == 1


def test_several_rules_ask_and_it_is_worked_out_once() -> None:
    """The second one is told the same, and the first question of a chat is not taken for a request sent again."""
    past, views = Past(), [view.of_exchange(one) for one in recording(*[({"messages": [USER]}, 200, {})] * 2).exchanges]
    for seen in views:
        history = History()
        history.add(message_of(USER, b'{"role": "user", "content": "q"}'))
        case = Case(seen, history, profiles.named("vllm"), past)
        found = [resent(case) for _ in range(3)]
        assert found[0] is found[1] is found[2]
        assert (found[0] is None) == (seen is views[0])
    assert len(past.shared) == 1
