"""Promises of `nexdiag.diff.conversation`."""

import json

from made import said, user

from nexdiag.core.body import Body, Link
from nexdiag.core.difference import Difference
from nexdiag.core.exchange import Request
from nexdiag.diff.conversation import Conversation, fields_of, kinship, list_of, value_of


def chain(*messages: object) -> Link:
    """A list as links."""
    link = list_of(json.dumps(list(messages)).encode())
    assert link is not None
    return link


def test_only_what_is_new_is_looked_at_where_both_go_on() -> None:
    """What an earlier request differed in is known, and told with what goes on from it."""
    chat = Conversation()
    first = chat.entries("messages", chain(user("a")), chain(user("a"), user("w")))
    assert (first.pairs, first.right, first.known) == (((None, 1),), (user("w"),), ())
    known = (Difference(pointer="/messages/1"),)
    chat.keep(known)
    later = chat.entries("messages", chain(user("a"), said("b")), chain(user("a"), user("w"), said("c")))
    assert (later.pairs, later.known) == (((1, 2),), known)


def test_a_history_that_was_written_anew_is_compared_as_a_whole() -> None:
    """One side has dropped its beginning."""
    chat = Conversation()
    chat.entries("messages", chain(user("a")), chain(user("a")))
    anew = chat.entries("messages", chain(user("a"), said("b"), user("c")), chain(said("b"), user("c")))
    assert (anew.pairs, anew.known) == (((0, None),), ())


def test_conversations_side_by_side_are_each_gone_on_with() -> None:
    """As many as are remembered."""
    chat = Conversation()
    for name in "xyz":
        chat.entries("messages", chain(user(name)), chain(user(name), user("more")))
        chat.keep((Difference(pointer=name),))
    found = chat.entries("messages", chain(user("x"), said("1")), chain(user("x"), user("more"), said("1")))
    assert ([one.pointer for one in found.known], found.pairs) == (["x"], ())


def test_white_space_and_the_order_of_keys_are_no_difference() -> None:
    """Messages are compared as values."""
    left, right = list_of(b'[{"role":"user","content":"a"}]'), list_of(b'[ {"content": "a", "role":"user"} ]')
    assert left is not None
    assert right is not None
    assert Conversation().entries("messages", left, right).pairs == ()


def test_what_is_no_list_and_no_object_is_told_as_such() -> None:
    """Never an error."""
    assert list_of(b'"text"') is None
    assert list_of(None) is None
    assert fields_of(Request(method="POST", url="http://h/", body=Body.of(b"[1]"))) is None
    assert value_of(b"{no json") == "{no json"
    assert value_of(chain(1, 2)) == [1, 2]


def test_kinship_is_by_role_calls_and_words() -> None:
    """Of strangers there is little; of what is no message, hardly any."""
    near = kinship(user("the quick fox"), user("the quick dog"))
    assert near > kinship(user("the quick fox"), user("something else")) > kinship(user("a"), said("a"))
    assert kinship(1, 2) > kinship(1, "x") > 0
