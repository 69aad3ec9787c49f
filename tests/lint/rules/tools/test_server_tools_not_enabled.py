"""server-tools-not-enabled: the server's own set-up."""

import pytest

from tests.linting import USER, found, judged

RULE = "server-tools-not-enabled"
BODY = {"messages": [USER], "tools": [{"type": "function", "function": {"name": "f"}}]}
VLLM = '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'


@pytest.mark.parametrize(
    ("status", "words", "flag"),
    [
        (400, VLLM, "--enable-auto-tool-choice and --tool-call-parser"),
        (500, "tools param requires --jinja flag", "--jinja"),
        (400, 'tool_choice="required" requires --tool-call-parser to be set', "--tool-call-parser"),
        (400, "Please launch the server with --tool-call-parser", "--tool-call-parser"),
    ],
)
def test_the_words_tell(status: int, words: str, flag: str) -> None:
    """With the request or without; the fix names the flags."""
    for body in (BODY, None):
        (finding,) = judged(body, status=status, response={"error": {"message": words}})
        assert (finding.rule, finding.refused) == (RULE, True)
    (finding,) = judged(BODY, status=status, response={"error": {"message": words}})
    assert flag in finding.fix
    assert finding.location.pointer == "/tools"


@pytest.mark.parametrize("server", [None, "vLLM", "llama.cpp"])
def test_a_request_alone_tells_nothing(server: str | None) -> None:
    """Nobody can see from a request how a server was started."""
    assert found(RULE, BODY, server=server) == found(RULE, BODY, server=server, status=200) == []
    said = {"error": {"message": "The model `m` does not exist."}}
    assert found(RULE, BODY, server=server, status=404, response=said) == []
