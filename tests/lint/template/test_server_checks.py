"""What llama.cpp refuses before the template is asked. That it does, test_chat_template.py asks a real one."""

import pytest
from chat_templates import ASSISTANT, USER, calls

from nexdiag.lint.template import server_checks
from nexdiag.lint.template.server_checks import prefills, refused_before, tools_refused


@pytest.mark.parametrize(
    ("messages", "at", "words"),
    [
        ([USER, {"role": "user"}], 1, server_checks.NO_CONTENT),
        ([USER, {"role": "assistant"}], 1, server_checks.NEITHER),
        ([{"role": "user", "content": 3}], 0, server_checks.NOT_CONTENT),
        ([{"role": "user", "content": [{"type": "file"}]}], 0, server_checks.PART_TYPE),
        ([{"role": "user", "content": [{"type": "image_url"}]}], 0, server_checks.NO_IMAGES),
        ([USER, ASSISTANT, ASSISTANT], 2, server_checks.TWO_ASSISTANTS),
        ([USER, calls("c")], 1, server_checks.CALLS_LAST),
        ([{"content": "a"}], 0, 'Failed to parse messages: Missing \'role\' in message: {"content":"a"}'),
    ],
)
def test_it_is_refused_in_its_words(messages: list[object], at: int, words: str) -> None:
    """At the message that has to change."""
    found = refused_before(messages)
    assert found is not None
    assert (found.at, found.words, found.by) == (at, words, "server")


@pytest.mark.parametrize(
    "messages", [[], [USER], [USER, ASSISTANT], [USER, calls("c"), USER], [{"role": "user", "content": None}]]
)
def test_the_rest_is_the_templates_business(messages: list[object]) -> None:
    """A last message of the assistant is the beginning of the answer."""
    assert refused_before(messages) is None


def test_prefill() -> None:
    """Of the last message alone."""
    assert prefills([USER, ASSISTANT])
    assert not prefills([ASSISTANT, USER])
    assert not prefills([])


@pytest.mark.parametrize("tools", ["f", [None], [{}], [{"type": "web"}], [{"type": "function", "function": {}}]])
def test_tools_that_it_cannot_read(tools: object) -> None:
    """No message is blamed for them."""
    found = tools_refused(tools)
    assert found is not None
    assert (found.tools, found.at) == (True, None)
