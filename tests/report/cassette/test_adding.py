"""What each request adds."""

import json
from typing import Any

from kept import SYSTEM, answered, asked, recording
from msgspec import structs

from nexdiag.codec.body import Splitter
from nexdiag.core.body import Body
from nexdiag.core.exchange import Exchange, Request
from nexdiag.report.cassette.adding import Adding, addings, parameter_lines, parameters


def told(*requests: Request, sessions: str = "") -> list[Adding]:
    exchanges = [
        Exchange(
            id=number, started=1.0, request=request, response=answered(b"{}"), session=sessions[number : number + 1]
        )
        for number, request in enumerate(requests)
    ]
    return list(addings(exchanges).values())


def user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def test_a_chat_adds_what_is_new() -> None:
    """Two messages at first, then the answer and the next question; each exactly once."""
    cassette = recording("one", "two", "three")
    new = [[link.raw for link in one.added] for one in addings(cassette.exchanges).values()]
    assert [len(one) for one in new] == [2, 2, 2, 2]
    assert len({raw for one in new for raw in one}) == 8


def test_a_retry_adds_nothing() -> None:
    splitter = Splitter()
    first, again = told(asked([user("a")], splitter), asked([user("a")], splitter))
    assert (first.kept, len(first.added)) == (0, 1)
    assert (again.kept, again.added, again.parameters) == (1, (), ())


def test_a_history_that_was_rewritten_tells_how_much_stayed() -> None:
    splitter = Splitter()
    *_, last = told(asked([SYSTEM, user("a"), user("b")], splitter), asked([SYSTEM, user("c")], splitter))
    assert (last.before, last.kept, last.messages, len(last.added)) == (3, 1, 2, 1)


def test_bodies_that_are_kept_whole_add_as_well() -> None:
    """Pretty-printed requests share nothing on disk, and are read all the same."""
    raw = b'{\n "model": "m",\n "messages": [{"role": "user", "content": "a"}]\n}'
    request = Request(method="POST", url="http://h/v1/chat/completions", body=Body.of(raw))
    first, again = told(request, request)
    assert (len(first.added), first.parameters) == (1, ('model = "m"',))
    assert again.added == ()


def test_only_parameters_that_changed_are_told() -> None:
    """What came, what is other, what is gone; a list of tools by its entries."""
    splitter = Splitter()
    tools = [{"type": "function", "function": {"name": name}} for name in ("a", "b")]
    one = asked([user("x")], splitter, temperature=0, tools=tools)
    two = asked([user("x")], splitter, temperature=1, tools=tools[1:])
    three = asked([user("x")], splitter)
    first, again, second, third = (adding.parameters for adding in told(one, one, two, three))
    assert again == ()
    entries = ["  " + json.dumps(tool, separators=(",", ":")) for tool in tools]
    assert first == ('model = "m"', "temperature = 0", "tools = 2 entries", *entries)
    assert second == ("temperature = 1", "tools = 1 entries", '  gone {"type":"function","function":{"name":"a"}}')
    assert third == ("temperature is gone", "tools is gone")


def test_sessions_and_paths_do_not_mix() -> None:
    """A side request on another path, and another chat, change no parameter of the first."""
    splitter = Splitter()
    main, other = asked([user("x")], splitter), asked([user("y")], splitter, model="z")
    side = structs.replace(other, url="http://h/v1/embeddings")
    told_by = told(main, side, other, main, sessions="aaba")
    assert [one.parameters for one in told_by] == [('model = "m"',), ('model = "z"',), ('model = "z"',), ()]


def test_a_side_request_changes_nothing_of_the_conversation() -> None:
    """A title is asked for between two turns: the next turn is compared with the turn before it."""
    splitter = Splitter()
    turns = [asked([user("a")], splitter, stream=True), asked([user("a"), user("b")], splitter, stream=True)]
    title = asked([user("Title for: a")], splitter, max_tokens=3)
    exchanges = [
        Exchange(id=number, started=1.0, request=request, turn=turn)
        for number, (request, turn) in enumerate([(turns[0], 1), (title, None), (turns[1], 2)])
    ]
    *_, last = addings(exchanges).values()
    assert (last.parameters, last.before, last.kept) == ((), 1, 1)


def test_an_input_that_is_a_text_is_a_parameter() -> None:
    """Responses takes a string in the place of a list."""
    body = Splitter().split(b'{"model":"m","input":"hello\\nyou"}')
    fields = parameters(body, conversation=None)
    assert parameter_lines("input", fields["input"]) == ["input =", "  | hello", "  | you"]


def test_a_body_that_is_no_object_has_no_parameters() -> None:
    for raw in (b"", b"[]", b"\xff\x00", b"[" * 5000, b'{"a":'):
        assert parameters(Body.of(raw), conversation=None) == {}


def test_control_characters_of_names_and_values_are_made_visible() -> None:
    body = Splitter().split(b'{"\\u001b\\n":"\\u001b","x":"\x7f"}')
    lines = [line for key, value in parameters(body, conversation=None).items() for line in parameter_lines(key, value)]
    assert not any(sign in line for line in lines for sign in "\x1b\x7f\n")
