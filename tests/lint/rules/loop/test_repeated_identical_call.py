"""repeated-identical-call: the model goes round in circles."""

import pytest

from nexdiag.core.finding import Severity
from nexdiag.lint import profiles
from nexdiag.lint.rules.loop import repeated_identical_call
from tests.linting import ASSISTANT, USER, calls, found, places, tool

RULE = "repeated-identical-call"
UNKNOWN = profiles.resolve(None)


def rounds(*results: str, arguments: tuple[str, ...] = ("{}",)) -> list[object]:
    made: list[object] = [USER]
    for at, said in enumerate(results):
        made += [calls(f"c{at}", arguments=arguments[at % len(arguments)]), tool(f"c{at}", said)]
    return made


@pytest.mark.parametrize("count", [3, 4, 7])
def test_the_third_call_in_a_row_is_told_once(count: int) -> None:
    """However many follow."""
    (finding,) = found(RULE, {"messages": rounds(*["r"] * count)})
    assert (finding.location.message_index, finding.location.pointer) == (5, "/messages/5/tool_calls/0")
    assert finding.severity is Severity.WARNING
    assert finding.evidence[-1] == 'the result each time: "r"'


def test_arguments_are_the_same_however_they_are_spelt() -> None:
    """White space and the order of keys do not count; on every server it is a warning."""
    messages = rounds("r", "r", "r", arguments=('{"a": 1, "b": 2}', '{"b":2,"a":1}', '{"a":1,"b":2}'))
    (finding,) = found(RULE, {"messages": messages}, server="OpenAI")
    assert finding.severity is Severity.WARNING


@pytest.mark.parametrize(
    ("request_", "place"),
    [
        (
            {
                "system": "s",
                "messages": [
                    USER,
                    *(
                        message
                        for at in range(3)
                        for message in (
                            {
                                "role": "assistant",
                                "content": [{"type": "tool_use", "id": f"t{at}", "name": "f", "input": {}}],
                            },
                            {
                                "role": "user",
                                "content": [{"type": "tool_result", "tool_use_id": f"t{at}", "content": "r"}],
                            },
                        )
                    ),
                ],
            },
            "/messages/5/content/0",
        ),
        (
            {
                "input": [
                    USER,
                    *(
                        item
                        for at in range(3)
                        for item in (
                            {"type": "function_call", "call_id": f"t{at}", "name": "f", "arguments": "{}"},
                            {"type": "function_call_output", "call_id": f"t{at}", "output": "r"},
                        )
                    ),
                ]
            },
            "/input/5",
        ),
    ],
)
def test_it_is_so_on_every_wire(request_: dict[str, object], place: str) -> None:
    """Blocks and items are calls, too."""
    assert [one.location.pointer for one in found(RULE, request_)] == [place]


@pytest.mark.parametrize(
    "messages",
    [
        rounds("r", "r"),
        rounds("1 %", "50 %", "done"),
        rounds("r", "r", "r", arguments=("{}", '{"a": 1}')),
        [*rounds("r", "r"), ASSISTANT, *rounds("r")],
        [USER, calls("a"), tool("a"), calls("b", name="g"), tool("b"), calls("c"), tool("c")],
        [USER, calls("a", arguments=None), tool("a"), 3, None],
    ],
)
def test_waiting_and_other_calls_are_none(messages: list[object]) -> None:
    """Twice, with other results, other arguments, over a turn's end, another tool between."""
    assert places(RULE, messages) == []


@pytest.mark.parametrize("made", [1, 400])
def test_its_work_does_not_grow_with_the_equal_answers_before(made: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a thousand answers that say the same, each is compared with few others."""
    compared: list[object] = []
    said, same = repeated_identical_call._said, repeated_identical_call._same
    monkeypatch.setattr(repeated_identical_call, "_said", lambda one: (compared.append(one), said(one))[1])
    monkeypatch.setattr(repeated_identical_call, "_same", lambda one: (compared.append(one), same(one))[1])
    names = [f"c{at}" for at in range(made)]
    answers = [tool(names[at % made], "r") for at in range(1000)]
    places(RULE, [USER, calls(*names), *answers, calls("z"), *[tool("z", "r")] * 50])
    assert len(compared) < 1050 * 200
