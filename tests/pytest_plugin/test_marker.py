"""The marker: what it stands for, and what is said of one that cannot be followed."""

import pytest
from inner_pytest import Gathered

from nexdiag.pytest_plugin import marker

BAD = [
    ('"llama.cpp"', "nexdiag_endpoint", ["wanted keys, found 'llama.cpp' by position", "nexdiag(like='llama.cpp')"]),
    ('lik="vllm"', "nexdiag_endpoint", ["unknown key 'lik'", "did you mean like?"]),
    ("quux=1", "nexdiag_endpoint", ["unknown key 'quux'", "known: like, script"]),
    ('script="Hello."', "nexdiag_endpoint", ["found no file 'Hello.'", "script=['Hello.']"]),
    ("script=[1]", "nexdiag_endpoint", ["wanted a list of answers as script, found [1]"]),
    ("like=None", "nexdiag_endpoint", ["wanted a profile's name as like, found None"]),
    ("", "nexdiag_replay", ["nexdiag_replay wants a recording", "cassette='weather.cassette.jsonl'"]),
    ("cassette=3", "nexdiag_replay", ["wants a recording, found 3"]),
    ('cassette="nowhere.cassette.jsonl"', "nexdiag_replay", ["no recording 'nowhere.cassette.jsonl': looked in"]),
    ('cassette="five.cassette.jsonl", faults="cot@1"', "nexdiag_replay", ["did you mean 'cut'?"]),
    ('cassette="five.cassette.jsonl", faults="cut@9"', "nexdiag_replay", ["wanted turn 9, found turns 1 to 5"]),
    ('cassette="five.cassette.jsonl", math="exact"', "nexdiag_replay", ["unknown key 'math'", "did you mean match?"]),
    ('cassette="five.cassette.jsonl", like="vllm"', "nexdiag_replay", ["unknown key 'like'", "it is for nexdiag_end"]),
    ('"five.cassette.jsonl"', "nexdiag_replay", ["by position", "nexdiag(cassette='five.cassette.jsonl')"]),
    ('like="vllm"', "", ["unknown key 'like'", "it is for nexdiag_endpoint"]),
    ('casette="five.cassette.jsonl"', "", ["unknown key 'casette'", "did you mean cassette?"]),
    ('record_mode="onse"', "", ["no such record mode: 'onse'", "did you mean 'once'?"]),
    ("record_mode=7", "", ["no such record mode: 'int'"]),
    ("cassette=7", "", ["wanted a file as cassette, found 7"]),
    ('cassette="a.yaml", record_mode="once"', "", ["a.yaml is no name for a cassette", "nexdiag convert"]),
    ('cassette="five.cassette.jsonl", redact=7', "", ["wanted texts as redact and session, found 7"]),
    ('profile="vlm"', "", ["unknown profile 'vlm'"]),
    ("profile=7", "", ["wanted a server's name as profile, found 7"]),
    ('lint=True, allow="role-alternatio"', "", ["role-alternatio"]),
    ("lint=True, allow=7", "", ["wanted names of rules as allow, found 7"]),
    ('block_network=True, allowed_hosts="("', "", ["allowed_hosts wants regular expressions"]),
]

INNER = {
    "marker/test_marker.py": "import pytest\n"
    + "".join(
        f"\n@pytest.mark.nexdiag({said})\ndef test_{place:03}({fixture}): pass\n"
        for place, (said, fixture, _) in enumerate(BAD)
    )
}


@pytest.mark.parametrize("place", range(len(BAD)), ids=[said or "nothing" for said, _, _ in BAD])
def test_a_marker_that_cannot_be_followed_is_told(gathered: Gathered, place: int) -> None:
    """Nothing in a marker is ignored: the test that has it fails with what to write, and no traceback."""
    test = gathered.done.of("marker/test_marker.py")[f"test_{place:03}"]
    assert test.failed == ["setup"]
    for words in BAD[place][2]:
        assert words in test.told
    assert not [one for one in ("Traceback", "pytest_plugin", "During handling") if one in test.told]


@pytest.mark.parametrize(
    ("keys", "fixtures", "bare", "given"),
    [
        ({}, (), True, ["nexdiag_cassette"]),
        ({"record_mode": "once"}, (), False, ["nexdiag_cassette"]),
        ({"cassette": "a"}, ("nexdiag_replay",), False, []),
        ({"cassette": "a"}, ("nexdiag_cassette",), False, []),
        ({"like": "vllm"}, (), False, []),
        ({"block_network": True}, (), False, []),
        ({"lint": True}, (), False, ["nexdiag_lint"]),
        ({"lint": True}, (), True, ["nexdiag_lint", "nexdiag_cassette"]),
        ({"profile": "vllm", "cassette": "a"}, (), False, ["nexdiag_lint", "nexdiag_cassette"]),
        ({"profile": "vllm", "lint": False}, (), False, []),
        ({"record": "a"}, (), False, ["nexdiag_recorder"]),
        ({"lint": True}, ("nexdiag_lint", "nexdiag_endpoint"), True, []),
    ],
)  # fmt: skip
def test_a_marker_stands_for_fixtures(
    keys: dict[str, object], fixtures: tuple[str, ...], bare: bool, given: list[str]
) -> None:
    """A line above a test is all it takes, and a test that has a server of ours is given no other."""
    assert marker.implied(keys, fixtures, bare=bare) == given


def test_each_key_is_in_the_line_that_pytest_lists() -> None:
    """`pytest --markers` shows all that a marker takes."""
    known = {key for keys in marker.KEYS.values() for key in keys} | set(marker.EVERYWHERE)
    assert not {key for key in known if f"{key}=" not in marker.LINE}
