"""The daemon's answers read into words."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.core.message import Message
from nexdiag.tui.words import ChatRow, read_chats, read_page

_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["chat_id", "name", "role", "x"]), inner)
    ),
    max_leaves=8,
)


def test_chats_come_by_number_without_those_set_aside() -> None:
    rows = [{"chat_id": 2, "name": "b", "model": None}, {"chat_id": 1, "turns": 3}, {"chat_id": 0, "archived": True}]
    found = read_chats({"chats": rows})
    assert [(row.title, row.turns) for row in found] == [("chat 1", 3), ("b", 0)]


def test_a_page_keeps_the_place_of_what_cannot_be_read() -> None:
    """A row that is no message does not move the others: their places are asked for later."""
    good = msgspec.to_builtins(Message(role="user", content="hi"))
    page = read_page({"messages": [7, good], "first": 4, "total": 6})
    assert (page.first, page.total) == (4, 6)
    assert [message.role for message in page.messages] == ["unreadable", "user"]


@given(_json, _json, _json)
def test_any_answer_is_read(chats: object, messages: object, first: object) -> None:
    """Whatever a daemon answers, nothing is raised."""
    assert all(isinstance(row, ChatRow) for row in read_chats({"chats": chats}))
    assert read_page({"messages": messages, "first": first, "total": first}).total >= 0
