"""Drift on real recordings: two real servers, one model, one client, the same conversation."""

from pathlib import Path

from nexdiag.core.cassette import SUFFIX
from nexdiag.runner.drifting import against_shapes, compared

CASSETTES = Path(__file__).parents[2] / "cassettes"
LLAMA = CASSETTES / "llama.cpp" / f"same-conversation{SUFFIX}"
PYTHON = CASSETTES / "llama-cpp-python" / f"same-conversation{SUFFIX}"
_CHUNK = "[object=chat.completion.chunk]"


def test_two_real_servers_differ_in_these_fields_and_no_others() -> None:
    """llama.cpp's own server, and llama-cpp-python's: what the second has not, has besides, and has as null."""
    drift = compared([LLAMA], [PYTHON])
    assert {(one.kind, one.pointer, str(one.severity)) for one in drift.changes} == {
        ("removed", "/system_fingerprint", "warning"),
        ("removed", "/usage/prompt_tokens_details", "warning"),
        ("removed", "/timings", "info"),
        ("now-null", "/choices/*/message/content", "warning"),  # beside a call: llama.cpp sends an empty text
        ("added", "/choices/*/logprobs", "info"),
        ("added", "/choices/*/message/function_call", "info"),  # the call once more, in the way of 2023
        ("removed", f"{_CHUNK}/system_fingerprint", "warning"),
        ("removed", f"{_CHUNK}/usage", "warning"),  # though stream_options.include_usage asked for it
        ("removed", f"{_CHUNK}/timings", "info"),
        ("added", f"{_CHUNK}/choices/*/logprobs", "info"),
    }
    assert {one.direction for one in drift.changes} == {"response"}


def test_a_real_server_lacks_fields_of_the_responses_wire() -> None:
    """llama.cpp's events carry neither sequence numbers nor places of items; its chat completions lack nothing."""
    drift = against_shapes([CASSETTES / "llama.cpp"])
    errors = [one for one in drift.changes if one.severity == "error"]
    assert {one.endpoint for one in errors} == {"responses"}
    assert any(one.pointer.endswith("[type=response.output_text.delta]/sequence_number") for one in errors)
    assert {one.pointer.rpartition("/")[2] for one in drift.changes if one.severity == "info"} == {"timings"}
    assert against_shapes([PYTHON]).changes == ()
