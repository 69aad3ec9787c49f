"""A corpus against the published shapes: one answer can be wrong, and what is right is no change."""

import pytest
from drifting import Answer, against, answer, chunk, corpus, exchange, recorded, response, told


def test_what_the_shape_says_is_no_change() -> None:
    """An answer of the published shape differs in nothing."""
    assert against(corpus(1)) == []


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("id", None, ("error", "now-null", "/id")),
        ("created", "now", ("error", "retyped", "/created")),
        ("created", 1.5, ("warning", "retyped", "/created")),
        ("object", "text_completion", ("warning", "enum-widened", "/object")),
        ("choices", {}, ("error", "retyped", "/choices")),
        ("timings", {"x": 1}, ("info", "added", "/timings")),
        ("usage", None, None),
    ],
)
def test_one_answer_is_enough(name: str, value: object, wanted: tuple[str, str, str] | None) -> None:
    """No support is needed, and nothing but the fault is told."""
    found = against(corpus(1, lambda made, _: made.update({name: value})))
    assert told(found) == ({wanted} if wanted else set())
    assert all(one.left is None and one.first is not None for one in found)


def test_what_is_missing_is_named_with_the_first_exchange_that_lacks_it() -> None:
    """Always missing is gone; sometimes missing is optional, and shown where it first was."""

    def gone(made: Answer, at: int) -> None:
        del made["model"]
        if at == 2:
            del made["choices"][0]["finish_reason"]

    found = {one.pointer: one for one in against(corpus(4, gone))}
    assert found["/model"].kind == "removed"
    assert (found["/choices/*/finish_reason"].kind, str(found["/choices/*/finish_reason"].first)) == (
        "now-optional",
        "a, exchange 2",
    )
    assert {str(one.severity) for one in found.values()} == {"error"}


def test_a_chunk_that_does_not_say_what_it_is_is_judged_as_a_chunk() -> None:
    """The one kind there is: `object` is missed, and the rest is looked at all the same."""
    bare = chunk({"content": 5})
    del bare["object"]
    found = against(recorded(exchange(0, {"model": "m", "messages": []}, response([bare]))))
    assert {(one.kind, one.pointer.partition("]")[2]) for one in found} == {
        ("removed", "/object"),
        ("retyped", "/choices/*/delta/content"),
    }


def test_an_accepted_request_and_a_refusal_are_warnings_at_most() -> None:
    """The server took it, and a refusal in other words is still one."""
    asked = {"messages": [{"role": "user"}], "odd": 1}
    found = against(recorded(exchange(0, asked, response(answer())), exchange(1, {}, response({"detail": "no"}, 422))))
    assert told(found) == {
        ("warning", "removed", "/model"),
        ("warning", "removed", "/messages/*[role=user]/content"),
        ("info", "added", "/odd"),
        ("warning", "removed", "/error"),
        ("info", "added", "/detail"),
    }


def test_an_unknown_kind_and_an_unknown_endpoint_are_told() -> None:
    """A kind of block that the wire does not know is a branch more; where nothing is published, nothing is judged."""
    block = {"type": "hologram"}
    message = {"id": "m", "type": "message", "role": "assistant", "model": "m", "content": [block], "stop_reason": None}
    usage = {"input_tokens": 1, "output_tokens": 1}
    found = against(
        recorded(
            exchange(
                0,
                {"model": "m", "max_tokens": 1, "messages": []},
                response({**message, "stop_sequence": None, "usage": usage}),
                url="http://h/v1/messages",
            )
        )
    )
    assert told(found) == {("warning", "branch-added", "/content/*[type=hologram]")}
    assert against(recorded(exchange(0, {}, response({"x": 1}), url="http://h/other"))) == []
