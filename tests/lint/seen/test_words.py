"""The server's words, unwrapped."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import json_values

from nexdiag.lint.seen.words import Said, heard

WORDS = "Conversation roles must alternate"


@pytest.mark.parametrize(
    "answer",
    [
        {"error": {"message": WORDS, "type": "invalid_request_error", "param": None, "code": None}},
        {"error": WORDS},
        {"object": "error", "message": WORDS, "type": "BadRequestError", "param": None, "code": 400},
        {"object": "Error", "message": {"detail": WORDS}},
        [{"error": {"code": 400, "message": WORDS, "status": "INVALID_ARGUMENT"}}],
        {"detail": WORDS},
        {"detail": [{"msg": WORDS, "type": "value_error"}]},
        {"error": {"message": "Provider returned error", "code": 400, "metadata": {"raw": WORDS}}},
        {"error": {"message": "Provider returned error", "metadata": {"raw": json.dumps({"message": WORDS})}}},
        {"error": {"message": json.dumps({"error": {"message": WORDS}})}},
        {"error": {"message": f"litellm.BadRequestError: OpenAIException - {WORDS}"}},
        {"error": {"message": "litellm.BadRequestError: MistralException - " + json.dumps({"message": WORDS})}},
        f"litellm.BadRequestError: VllmException - {WORDS}",
        WORDS,
        f"  {WORDS}\n",
        json.dumps({"error": {"message": WORDS}}).encode(),
        b"\xef\xbb\xbf" + json.dumps({"error": {"message": WORDS}}).encode(),
        "<!DOCTYPE html><html><head><title>\n" + WORDS + "</title></head><body>...</body></html>",
        "data: " + json.dumps({"error": {"message": WORDS}}) + "\n\ndata: [DONE]\n\n",
        ": comment\n\ndata: {}\n\nevent: error\ndata: " + WORDS + "\n\n",
        "event: error\ndata: " + json.dumps({"message": WORDS}) + "\n\n",
    ],
)
def test_every_wrapping_is_taken_off(answer: object) -> None:
    """The words come out as the server said them."""
    assert heard(answer).words == WORDS


def test_the_place_of_a_schema_error_is_told() -> None:
    """FastAPI's `loc` says which field was refused."""
    answer = {"detail": [{"type": "extra_forbidden", "loc": ["body", "n"], "msg": "Extra inputs are not permitted"}]}
    assert heard(answer).words == "body.n: Extra inputs are not permitted"


@pytest.mark.parametrize(
    "answer",
    [
        None,
        b"",
        {"choices": [{"message": {"content": WORDS}}]},
        {"object": "chat.completion", "choices": None, "error": None},
        {"object": "list", "data": []},
        {"id": "resp_1", "object": "response", "error": None},
        'data: {"choices": [], "prompt_filter_results": []}\n\ndata: [DONE]\n\n',
        'data: {"choices": [{"delta": {"content": "error"}}], "error": null}\n\n',
    ],
)
def test_a_good_answer_says_nothing_of_an_error(answer: object) -> None:
    """What a model says is not what the server says."""
    said = heard(answer)
    assert (said.words, said.error) == ("", False)


@pytest.mark.parametrize(
    ("answer", "error", "plain"),
    [
        ({"error": {"message": WORDS}}, True, False),
        ({"message": WORDS}, False, False),
        (WORDS, False, True),
        ('data: {"error": "x"}\n\n', True, False),
        ({"error": {}}, False, False),
    ],
)
def test_whether_the_answer_itself_is_an_error(answer: object, error: bool, plain: bool) -> None:
    """An error object tells of an error under any status; a text does not by itself."""
    said = heard(answer)
    assert (said.error, said.plain) == (error, plain)


@given(json_values | st.binary() | st.text())
def test_anything_can_be_heard(answer: object) -> None:
    """Hearing never raises, and never says more than it keeps."""
    assert len(heard(answer).words) <= 4000


def test_deep_and_long_answers() -> None:
    """Neither depth nor length is followed without end."""
    assert heard("[" * 100_000).words
    deep: object = WORDS
    for _ in range(200):
        deep = {"error": deep}
    assert heard(deep).error
    assert len(heard({"error": "x" * 10_000_000}).words) == 4000
    assert heard("Error: " * 50_000 + WORDS).plain
    assert heard('{"choices": ["' + "x" * 2_000_000 + '"]}') == Said()
    assert heard("data: {}\n\n" * 200_000 + 'data: {"error": "late"}\n\n').words == "late"
