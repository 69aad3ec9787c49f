"""The server's words, unwrapped."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import json_values

from nexdiag.lint.seen.words import Said, heard

WORDS = "Conversation roles must alternate"
ERROR = {"error": {"message": WORDS, "type": "invalid_request_error", "param": None, "code": None}}


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
        {"error": {"message": f"litellm.BadRequestError: OpenAIException - Error code: 400 - {ERROR!r}"}},
        {
            "error": {
                "message": f"litellm.BadRequestError: AnthropicException - {json.dumps(ERROR)}. Received Model Group=a"
            }
        },
        f"openai.BadRequestError: Error code: 400 - {ERROR!r}",
        f"Error code: 400 - {[ERROR]!r}",
        f"Error code: 422 - {ERROR!r}, really",
        f"400 Bad Request: {json.dumps(ERROR)}",
        f"API Error: 400 {json.dumps(ERROR)}",
        f"the gateway said: {json.dumps(ERROR)}",
        f"status 400: {json.dumps(json.dumps(ERROR))}",
        repr(json.dumps(ERROR).encode()),
        json.dumps(json.dumps(ERROR)),
        f"An error occurred (ValidationException) when calling the Converse operation: {WORDS}",
        {"message": WORDS, "__type": "ValidationException"},
        {"name": "APIError", "data": {"message": WORDS, "statusCode": 400, "isRetryable": False}},
        {"error_code": 336006, "error_msg": WORDS, "id": "as-1"},
        f"ApiError: status_code: 400, body: { ({'message': WORDS})!r}",
        f"headers: {{'date': 'now'}}, status_code: 400, body: { ({'message': WORDS})!r}",
        {"Message": WORDS},
        {"error": "Bad Request", "message": WORDS, "status": 400},
        {"error": {"message": "Provider returned error", "code": 400, "metadata": {"raw": json.dumps([ERROR])}}},
        {"error": {"message": WORDS, "code": 400, "metadata": {"raw": "", "provider_name": "x"}}},
        {"error": {"message": WORDS, "code": 400, "metadata": {"raw": "Bad Request"}}},
        {"error": json.dumps({"error": {"message": json.dumps(ERROR)}})},
        {"object": "chat.completion", "choices": [{"error": {"message": WORDS, "code": 502}}]},
        "data: " + json.dumps({"choices": [{"delta": {}, "error": {"message": WORDS}}]}) + "\n\n",
        "data: " + json.dumps({"error": {"message": "Provider returned error", "metadata": {"raw": WORDS}}}) + "\n\n",
        WORDS,
        f"  {WORDS}\n",
        json.dumps({"error": {"message": WORDS}}).encode(),
        b"\xef\xbb\xbf" + json.dumps({"error": {"message": WORDS}}).encode(),
        "<!DOCTYPE html><html><head><title>\n" + WORDS + "</title></head><body>...</body></html>",
        "data: " + json.dumps({"error": {"message": WORDS}}) + "\n\ndata: [DONE]\n\n",
        ": comment\n\ndata: {}\n\nevent: error\ndata: " + WORDS + "\n\n",
        "event: error\ndata: " + json.dumps({"message": WORDS}) + "\n\n",
        {"errors": [{"description": WORDS, "key": "fail.input.generic"}], "tpe": "fail", "error": True},
        {"error": {"code": 400, "errorDetails": {"rawErrorMessage": [WORDS]}}},
        {"error": {"message": "Upstream error", "upstream_error": {"message": WORDS}}},
        {"error": {"message": "Bad Request", "param": {"cause": {"message": WORDS}}}},
        {"error": {"name": "AI_APICallError", "statusCode": 400, "responseBody": json.dumps(ERROR)}},
        {"base_resp": {"status_code": 2013, "status_msg": WORDS}, "choices": None},
    ],
)
def test_every_wrapping_is_taken_off(answer: object) -> None:
    """The words come out as the server said them."""
    assert heard(answer).words == WORDS


@pytest.mark.parametrize(
    "answer",
    [
        {"errors": [{"description": WORDS, "key": "fail.input.generic", "extras": None}], "tpe": "fail.input"},
        {"errorMessage": "Bad request", "errorDetails": {"rawErrorMessage": [f"[400 Bad Request] {WORDS}"]}},
        {"fault": {"faultstring": WORDS, "detail": {"errorcode": "policies.x"}}},
        {"result": {"error": WORDS}, "success": False},
        {"Response": {"Error": {"Code": "InvalidParameter", "Message": WORDS}, "RequestId": "8a-b c-d e-f"}},
        {"statusCode": 400, "body": json.dumps(ERROR)},
        {"request": "r-1", "anything": {"at": ["all", {"x": WORDS}]}},
    ],
)
def test_under_a_refusal_the_words_stand_anywhere(answer: object) -> None:
    """No known name speaks: then what speaks is taken; of an answer that may have succeeded it is not."""
    assert WORDS in heard(answer, failed=True).words
    assert heard({"id": "x", "created": 1, "note": WORDS}).words == ""


@pytest.mark.parametrize(
    "answer",
    [
        {"id": "req-1", "error": {"code": 400}},
        {"request": {"messages": [{"content": "roles must alternate"}]}},
        {"status": "error", "code": 400},
        {"n": [1, None]},
    ],
)
def test_a_refusal_may_say_nothing(answer: object) -> None:
    """Ids, codes, numbers, and the request that is sent back, are no words."""
    assert not heard(answer, failed=True).tells


FORBIDDEN = {"type": "extra_forbidden", "loc": ["body", "n"], "msg": "Extra inputs are not permitted", "input": 1}


@pytest.mark.parametrize(
    "answer",
    [
        {"detail": [FORBIDDEN]},
        {"object": "Error", "detail": [FORBIDDEN], "message": [FORBIDDEN]},
        {"object": "error", "message": {"detail": [FORBIDDEN]}, "type": "invalid_request_error"},
        {"object": "error", "message": json.dumps({"detail": [FORBIDDEN]}), "type": "internal_error_proxy"},
        {"object": "error", "message": repr([{**FORBIDDEN, "loc": ("body", "n")}]), "type": "BadRequestError"},
        f"Error code: 422 - { ({'detail': [FORBIDDEN]})!r}",
    ],
)
def test_the_place_of_a_schema_error_is_told(answer: object) -> None:
    """FastAPI's `loc` says which field was refused."""
    assert heard(answer).words == "body.n: Extra inputs are not permitted"


@pytest.mark.parametrize(
    "words",
    [
        "",
        "400 Bad Request",
        "Bad Request",
        "Provider returned error",
        "Internal Server Error",
        "400 status code (no body)",
        "502 Bad Gateway",
        "422 Unprocessable Content",
        "Request failed with status code 400",
        "Client error '400 Bad Request' for url 'https://h/v1/chat/completions'\nFor more information check: https://m/400",
        "litellm.APIError: XException - Error code: 400 - {'error': {'message': 'Provider returned error'}}",
        "An error occurred while processing your request. Please try again later.",
        "{}",
    ],
)
def test_some_words_tell_nothing(words: str) -> None:
    """That something went wrong, and with which status: by that no fault is found."""
    assert not heard({"error": {"message": words}}).tells
    assert not heard(words).tells


@pytest.mark.parametrize(
    "words", [WORDS, "404 page not found", "invalid message content type: <nil>", "{'schema': 'bad'}"]
)
def test_others_tell(words: str) -> None:
    """One word is enough."""
    assert heard({"error": {"message": words}}) == Said(words=words, error=True)
    assert heard(words).tells


def test_a_code_is_told_where_the_words_do_not_tell() -> None:
    """Groq names the model's failure in the code alone."""
    answer = {"error": {"message": "Please adjust your prompt.", "code": "tool_use_failed", "failed_generation": "x"}}
    assert heard(answer).words == "Please adjust your prompt. (tool_use_failed)"


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


@pytest.mark.parametrize(
    ("answer", "param"),
    [
        ({"error": {"message": WORDS, "param": "messages.[3].content"}}, "messages.[3].content"),
        ([{"error": {"message": WORDS, "param": "tools"}}], "tools"),
        ({"object": "error", "message": WORDS, "param": "stream_options", "code": 400}, "stream_options"),
        (ERROR, ""),
        ({"error": {"message": WORDS, "param": ["messages"]}}, ""),
        ({"error": WORDS}, ""),
        ({"error": {"message": WORDS, "param": "x" * 10_000}}, "x" * 200),
    ],
)
def test_the_field_that_the_server_names_is_heard(answer: object, param: str) -> None:
    """Beside its words, and never as one of them."""
    said = heard(answer)
    assert (said.param, said.words) == (param, WORDS)


def test_a_page_says_more_than_its_title() -> None:
    """Where title and heading are those of any refusal, what stands below is read; what is not shown is not."""
    top = "<html><head><title>400 Bad Request</title><style>b { color: red }</style></head><h1>400 Bad Request</h1>"
    assert heard(f"{top}<p>{WORDS}</p>").words == f"400 Bad Request 400 Bad Request {WORDS}"
    assert not heard(f"{top}<hr><center>nginx</center></html>").tells


def test_words_are_matched_in_one_spelling_and_shown_as_they_came() -> None:
    """Rules and reports look at the same words."""
    said = heard({"error": {"message": "role \u2018tool\u2019\n  must follow"}})
    assert (said.words, said.shown) == ("role 'tool' must follow", "role \u2018tool\u2019\n  must follow")
    assert heard({"error": {"message": WORDS}}).verbatim == ""


def test_zod_says_where() -> None:
    """Each complaint has a path."""
    entry = {"code": "invalid_type", "path": [2, "function", "parameters"], "message": "Required"}
    assert heard({"error": json.dumps([entry])}).words == "2.function.parameters: Required"
