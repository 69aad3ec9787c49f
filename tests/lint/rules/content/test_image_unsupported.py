"""image-unsupported: an image goes where nobody sees it."""

from typing import Any

import pytest

from nexdiag.core.finding import Severity
from tests.linting import USER, found, judged, refusing

RULE = "image-unsupported"
TEXT = {"type": "text", "text": "t"}
IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}
BLOCK = {"type": "image", "source": {"type": "base64", "data": "AA=="}}
RESULT = {"type": "tool_result", "tool_use_id": "t", "content": [TEXT, BLOCK]}
VISION = refusing(RULE, vision=r"-vl\b")


def shown(*parts: object) -> dict[str, Any]:
    return {"role": "user", "content": list(parts)}


@pytest.mark.parametrize(
    ("parts", "pointer"),
    [
        ([TEXT, IMAGE], "/messages/1/content/1"),
        ([BLOCK], "/messages/1/content/0"),
        ([RESULT], "/messages/1/content/0/content/1"),
        ([{"type": "input_image", "image_url": "u"}], "/messages/1/content/0"),
    ],
)
def test_the_image_is_found(parts: list[object], pointer: str) -> None:
    """In every dialect's shape, where the server sees none."""
    (finding,) = found(RULE, {"model": "m", "messages": [USER, shown(*parts)]}, refusing(RULE))
    assert (finding.location.pointer, finding.severity) == (pointer, Severity.ERROR)


@pytest.mark.parametrize("parts", [[TEXT], [], [None, "image"], [{"type": ["image"]}], [{"type": "file"}]])
def test_look_alikes_are_let_pass(parts: list[object]) -> None:
    """What is no image."""
    assert found(RULE, {"model": "m", "messages": [shown(*parts)]}, refusing(RULE)) == []


@pytest.mark.parametrize(("model", "count"), [("qwen-vl", 0), ("qwen", 1)])
def test_the_model_decides(model: str, count: int) -> None:
    """Of a server that has both kinds."""
    assert len(found(RULE, {"model": model, "messages": [shown(IMAGE)]}, VISION)) == count


def test_where_nothing_is_known_nothing_is_said() -> None:
    """Of no server, and of no model."""
    request = {"model": "m", "messages": [shown(TEXT, IMAGE)]}
    assert found(RULE, request) == found(RULE, request, server="OpenAI") == []


@pytest.mark.parametrize(
    "words",
    [
        "messages[0]: unknown variant `image_url`, expected `text`",
        "qwen3 is not a multimodal model",
        "image input is not supported - hint: if this is unexpected, you may need to provide the mmproj",
        "No endpoints found that support image input",
        "This model does not support image inputs",
        "Invalid content type. image_url is only supported by certain models.",
    ],
)
def test_the_servers_words_tell(words: str) -> None:
    """Of the request, and without it."""
    first = judged({"messages": [shown(TEXT, IMAGE)]}, status=400, response=words)[0]
    assert (first.rule, first.refused, first.location.message_index) == (RULE, True, 0)
    assert found(RULE, status=400, response=words)[0].refused


def test_a_log_tells_that_the_image_was_dropped() -> None:
    """The server answered all the same: what was shown is lost."""
    log = "[createJinjaMessagesInput] Ignoring image file part in user message due to missing image config"
    (finding,) = found(RULE, server="LM Studio", log=log)
    assert (finding.severity, log.partition("] ")[2] in finding.evidence[0]) == (Severity.ERROR, True)
    assert found(RULE, server="LM Studio", log="image loaded") == []


@pytest.mark.parametrize("words", ["You uploaded an unsupported image.", "Failed to download image_url", "no vacancy"])
def test_other_faults_of_an_image_are_not_this_one(words: str) -> None:
    """The model sees images, and not that one."""
    assert found(RULE, {"messages": [shown(TEXT, IMAGE)]}, status=400, response=words) == []


@pytest.mark.parametrize(
    "words",
    [
        "messages.content.type 参数非法，取值范围 ['text']",
    ],
)
def test_the_words_of_other_servers(words: str) -> None:
    """They confirm it, and tell it where the request is not known; a request without the fault is not accused."""
    said = {"error": {"message": words}}
    assert found(
        RULE,
        {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:,"}}]}]},
        status=400,
        response=said,
    )[0].refused
    assert found(RULE, None, status=400, response=said)[0].refused
    assert found(RULE, {"messages": [USER]}, status=400, response=said) == []
