"""Promises of `nexdiag.core.body`."""

from hypothesis import given
from hypothesis import strategies as st

from nexdiag.core.body import Body, Field, Link


def listed(*entries: bytes) -> Link | None:
    """The last link of a list."""
    last: Link | None = None
    for entry in entries:
        last = Link(entry, last)
    return last


def test_a_body_is_its_parts_joined() -> None:
    """Fields in their order, lists in theirs, with the separators that stood between them."""
    last = listed(b'{"a":1}', b'{"b":2}')
    assert last is not None
    fields = (Field(key=b'"model"', value=b'"m"'), Field(key=b'"messages"', value=last))
    assert Body(fields=fields).join() == b'{"model":"m","messages":[{"a":1},{"b":2}]}'
    spaced = Body(fields=fields, comma=b" , ", colon=b": ", item_comma=b",\t")
    assert spaced.join() == b'{"model": "m" , "messages": [{"a":1},\t{"b":2}]}'


@given(st.binary())
def test_plain_bytes_come_back(raw: bytes) -> None:
    """A body that is no JSON object is the bytes that it was made of, also none."""
    assert Body.of(raw).join() == raw


def test_no_fields_are_an_empty_object() -> None:
    """And no raw bytes are not the same as empty ones."""
    assert Body().join() == b"{}"
    assert Body.of(b"").join() == b""


@given(st.lists(st.binary(max_size=3), min_size=1, max_size=6))
def test_a_list_is_known_by_its_last_link(entries: list[bytes]) -> None:
    """Depth counts entries, the chain has them in order, and any beginning can be gone back to."""
    last = listed(*entries)
    assert last is not None
    assert last.depth == len(entries)
    assert [link.raw for link in last.chain()] == entries
    assert [last.at(depth) for depth in range(last.depth + 1)] == [None, *last.chain()]
    assert last.at(last.depth + 1) is last


@given(st.lists(st.binary(max_size=3), min_size=1, max_size=4), st.lists(st.binary(max_size=3), min_size=1, max_size=4))
def test_digests_are_equal_exactly_for_equal_lists(left: list[bytes], right: list[bytes]) -> None:
    """Also where the entries, put together, are the same bytes."""
    one, other = listed(*left), listed(*right)
    assert one is not None
    assert other is not None
    assert (one.digest == other.digest) == (left == right)


def test_a_list_may_be_long() -> None:
    """A hundred thousand messages neither recurse when joined nor when let go."""
    last = listed(*[b"1"] * 100_000)
    assert last is not None
    assert len(Body(fields=(Field(key=b'"m"', value=last),)).join()) == len(b'{"m":[]}') + 2 * 100_000 - 1
    del last


def test_lists_are_found_by_name() -> None:
    """Only those that are kept as links."""
    last = listed(b"1")
    assert last is not None
    fields = (Field(key=b'"a"', value=last), Field(key=b'"b"', value=b"[1]"))
    body = Body(fields=fields)
    assert body.last_link("a") is last
    assert body.last_link("b") is None
    assert body.last_link("c") is None
    assert list(body.links()) == [(fields[0], last)]
    assert Body.of(b'{"a":[1]}').last_link("a") is None
