"""Which tools a stub calls without a script, and with what."""

import re

import pytest

from nexdiag.codec.chat import ChatRequest, ToolSpec
from nexdiag.core.endpoint import Limits, Profile
from nexdiag.core.message import Message
from nexdiag.endpoint.stub.calling import arguments, id_form, made_id, wanted
from nexdiag.lint.profiles import ALL

DAY = ToolSpec(name="get_day")
ADD = ToolSpec(
    name="math.add", parameters={"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}}}
)


def asked(text: str = "Hello", choice: object = None, *, role: str = "user", tools: bool = True) -> ChatRequest:
    rest = {} if choice is None else {"tool_choice": choice}
    said = (Message(role=role, content=text),)
    return ChatRequest(model="m", messages=said, tools=(DAY, ADD) if tools else (), rest=rest)


@pytest.mark.parametrize(
    ("text", "choice", "names"),
    [
        ("Hello", None, []),
        ("Hello", "auto", []),
        ("Hello", "required", ["get_day"]),
        ("Hello", "any", ["get_day"]),
        ("Hello", {"type": "any"}, ["get_day"]),
        ("Hello", {"type": "function", "function": {"name": "math.add"}}, ["math.add"]),
        ("Hello", {"type": "function", "name": "math.add"}, ["math.add"]),
        ("Hello", {"type": "tool", "name": "math.add"}, ["math.add"]),
        ("Hello", {"type": "tool", "name": "nobody"}, []),
        ("call get_day", None, ["get_day"]),
        ("Please call the tool `math.add`.", "auto", ["math.add"]),
        ("Call get_day, then call math.add.", None, ["get_day", "math.add"]),
        ("call get_day and call get_day", None, ["get_day"]),
        ("I recall get_day; call me", None, []),
        ("call get_day", "none", []),
        ("call get_day", {"type": "none"}, []),
        ("call get_day", [7], ["get_day"]),
    ],
)
def test_what_the_request_wants_called(text: str, choice: object, names: list[str]) -> None:
    """By `tool_choice` in the form of any wire, else by the user's last words."""
    assert [tool.name for tool in wanted(asked(text, choice))] == names


def test_nothing_is_called_that_nobody_asks_for() -> None:
    """A tool that says "call" is not obeyed; without tools there is none to call."""
    assert wanted(asked("call get_day", role="tool")) == ()
    assert wanted(asked("call get_day", "required", tools=False)) == ()
    assert wanted(ChatRequest(model="m", messages=(), tools=(DAY,))) == ()


def test_the_arguments_fit_the_schema() -> None:
    """They are an object, also where the schema is none."""
    assert (arguments(ADD), arguments(DAY)) == ({"a": 0}, {})
    assert arguments(ToolSpec(name="x", parameters={"type": "string"})) == {}


@pytest.mark.parametrize(
    ("form", "pattern"),
    [("*" * 9, "[a-zA-Z0-9]{9}"), ("call_" + "#" * 24, "call_[0-9a-f]{24}"), ("t_" + "*" * 80, "t_[a-zA-Z0-9]{80}")],
)
def test_an_id_has_its_form(form: str, pattern: str) -> None:
    """The same for the same place in the conversation, and else another one."""
    assert re.fullmatch(pattern, made_id(form, 1, 0))
    assert made_id(form, 1, 0) == made_id(form, 1, 0)
    assert len({made_id(form, number, place) for number in range(9) for place in range(9)}) == 81


@pytest.mark.parametrize("profile", ALL, ids=lambda profile: profile.name)
def test_a_server_takes_the_ids_that_it_makes(profile: Profile) -> None:
    """In its own form, unless a deployment checks for another one."""
    form = id_form(profile)
    assert form == profile.stream.call_id or profile.limits.tool_call_id
    if profile.limits.tool_call_id:
        assert re.fullmatch(profile.limits.tool_call_id, made_id(form, 1, 0))


def test_a_check_that_no_form_passes_changes_nothing() -> None:
    """Nor does one that is no regular expression."""
    for check in ("never", "("):
        profile = Profile(name="x", title="X", limits=Limits(tool_call_id=check))
        assert id_form(profile) == profile.stream.call_id
