"""Which field a server's words refuse."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexdiag.lint.seen.fields import Fields
from nexdiag.lint.seen.named import found_in, refused_paths


@pytest.mark.parametrize(
    ("words", "paths"),
    [
        ("body.n: Extra inputs are not permitted", [("n",)]),
        ("n: Extra inputs are not permitted; body.top_k: Extra inputs are not permitted", [("n",), ("top_k",)]),
        ("Unrecognized request argument supplied: store", [("store",)]),
        ("Unrecognized request arguments supplied: a, b", [("a",), ("b",)]),
        ("property 'store' is unsupported", [("store",)]),
        ("Unknown parameter: 'messages[1].metadata'.", [("messages", "1", "metadata")]),
        ("create() got an unexpected keyword argument 'foo'", [("foo",)]),
        ('json: unknown field "num_ctx"', [("num_ctx",)]),
        ("Additional properties are not allowed ('x' was unexpected) - 'messages.1'", [("messages", "1", "x")]),
        ("'messages.1' : for 'role:assistant' [property 'y' is unsupported]", [("messages", "1", "y")]),
        ("extra_forbidden loc ['body','n'] Extra inputs are not permitted", [("n",)]),
        (
            "{'type': 'extra_forbidden', 'loc': ['body', 'messages', 1, 'user', 'x'], 'msg': 'Extra inputs are not'}",
            [("messages", "1", "user", "x")],
        ),
        ("Validation error at #/stream_options: Extra inputs are not permitted", [("stream_options",)]),
        ("unknown field: parameter 'strict' is not a valid field. For proper usage", [("strict",)]),
        ("Argument not supported on this model: reasoningEffort", [("reasoning_effort",)]),
        ("Model grok-4 does not support parameter presencePenalty.", [("presence_penalty",)]),
        ("Extra inputs are not permitted", []),
        ("body.n: Field required", []),
    ],
)
def test_every_way_to_name_it(words: str, paths: list[tuple[str, ...]]) -> None:
    """Each server's way becomes a path."""
    assert list(refused_paths(words)) == paths


@pytest.mark.parametrize(
    ("path", "pointer"),
    [
        (("n",), "/n"),
        (("messages", "1", "assistant", "x"), "/messages/1/x"),
        (("messages", "1", "assistant", "y"), None),
        (("messages", "9", "x"), None),
        (("top_k",), None),
        ((), None),
    ],
)
def test_a_path_is_found_in_the_request(path: tuple[str, ...], pointer: str | None) -> None:
    """The kinds that pydantic names in between are passed over; what is not there is not found."""
    found = found_in(Fields.of({"n": 1, "messages": [{}, {"x": 2}]}), path)
    assert (found and found[0]) == pointer


@pytest.mark.parametrize(
    ("name", "pointer"),
    [("strict", "/tools/1/function/strict"), ("cache_control", "/tools/0/cache_control"), ("name", None), ("x", None)],
)
def test_a_field_of_a_tool_is_named_alone(name: str, pointer: str | None) -> None:
    """It is found where it stands, unless every tool has one."""
    tools = [{"name": "f", "cache_control": {}}, {"type": "function", "function": {"name": "g", "strict": True}}, 3]
    found = found_in(Fields.of({"messages": [], "tools": tools}), (name,))
    assert (found and found[0]) == pointer
    assert found_in(Fields.of({"tools": name}), (name,)) is None


@given(
    st.text(max_size=200)
    | st.lists(st.sampled_from(["loc", "[", "]", "'", "a.b", "Extra inputs are not", ": ", "unknown field"])).map(
        "".join
    )
)
def test_reading_never_raises(words: str) -> None:
    """Whatever a server says."""
    assert all(path for path in refused_paths(words))
