"""The head of a recording as lines."""

from kept import NOON

from nexdiag.core.cassette import Header
from nexdiag.core.scenario import Expectation, Say, Scenario
from nexdiag.report.cassette.heading import heading

HEADER = Header(
    tool="nexdiag 0.1.0",
    created=NOON,
    command="agent\x1b --fast",
    commit="4e75a30+",
    libraries={"python": "3.11.7", "httpx": "0.28.1"},
    redactions=("acme-[0-9]+",),
)


def lines(header: Header, said: tuple[str, ...] = (), *, steady: bool = False) -> list[str]:
    return list(heading(header, said, times=not steady, ids=not steady))


def test_what_is_known_is_told_and_nothing_else() -> None:
    """Libraries in one order; what a terminal would obey is made visible."""
    assert lines(HEADER) == [
        "cassette   format 2",
        "tool       nexdiag 0.1.0",
        "created    2026-05-20 12:00 UTC",
        "command    agent⟨ESC⟩ --fast",
        "commit     4e75a30+",
        "libraries  httpx 0.28.1, python 3.11.7",
        "redactions acme-[0-9]+",
    ]


def test_what_differs_from_run_to_run_is_left_out_for_git() -> None:
    told = "\n".join(lines(HEADER, steady=True))
    assert "created" not in told
    assert "4e75a30" not in told


def test_a_scenario_tells_what_it_expects() -> None:
    """An expectation that changed shows in a diff; what a turn says is not repeated, what none says is told."""
    say = (Say(text="hello", expect=Expectation(contains=("hi",))), Say(text="said"), Say(text="never said"))
    scenario = Scenario(name="greeting", say=say, tools=("bash",), system="Be\nbrief.")
    assert lines(Header(tool="", scenario=scenario), ("hello", "said"))[1:] == [
        "scenario   greeting: 3 messages",
        '  system: "Be\\nbrief."',
        '  tools: ["bash"]',
        '  message 1: {"expect": {"contains": ["hi"]}}',
        '  message 3: {"text": "never said"}',
    ]
