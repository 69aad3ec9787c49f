"""Snapshots of requests, in real inner pytests."""

import json
from pathlib import Path

from snapshotting import files, run

AGENT = """
import pytest

TOOL = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}}}

@pytest.mark.nexdiag(like="llama.cpp-strict", script=["Rain.", "Sun."])
def test_agent(nexdiag_endpoint, request_snapshot, tmp_path):
    import openai  # in one of the workers
    messages = [
        {"role": "system", "content": f"Work in {tmp_path}. Ask {nexdiag_endpoint}. Key: sk-live-0123456789abcdef."},
        {"role": "user", "content": "What is the weather in Paris?"},
    ]
    sent = []
    with openai.OpenAI(base_url=nexdiag_endpoint + "/v1", api_key="sk-live-0123456789abcdef") as client:
        for question in ("And tomorrow?", "Thanks."):
            sent.append(client.chat.completions.with_raw_response.create(model="m", messages=messages, tools=[TOOL]))
            answer = sent[-1].parse().choices[0].message.content
            messages += [{"role": "assistant", "content": answer}, {"role": "user", "content": question}]
    assert request_snapshot == sent

def test_tools(request_snapshot):
    assert request_snapshot == {"tools": [TOOL]}
"""


def test_what_the_openai_sdk_sends_is_kept_under_xdist_and_equal_on_another_run(tmp_path: Path) -> None:
    """Ports, directories and keys differ from run to run; no key is written; a schema is written once."""
    (tmp_path / "test_agent.py").write_text(AGENT)
    told = run(tmp_path, "-p", "xdist", "-n", "2", "--snapshot-update")
    assert "2 passed" in told, told
    assert "2 snapshots generated" in told
    names = files(tmp_path)
    (schema,) = [name for name in names if name.startswith("weather-")]
    assert names == sorted(["test_agent.requests", "test_tools.requests", schema])
    text = (tmp_path / "__snapshots__" / "test_agent" / "test_agent.requests").read_text()
    first, second = json.loads(text)
    assert first["request"] == "POST /v1/chat/completions"
    assert first["body"]["messages"][0]["content"] == (
        "Work in ⟨tmp⟩/test_agent0. Ask http://127.0.0.1:⟨port 1⟩. Key: ⟨secret 1⟩."
    )
    assert second["body"]["messages"] == [
        "⟨2 messages as in request 1⟩",
        {"role": "assistant", "content": "Rain."},
        {"role": "user", "content": "And tomorrow?"},
    ]
    assert '        {"role": "user", "content": "What is the weather in Paris?"}\n' in text
    assert "sk-live" not in "".join(path.read_text() for path in tmp_path.glob("__[st]*__/**/*.*"))
    again = run(tmp_path, HOME=str(tmp_path))
    assert "2 snapshots passed" in again, again
    assert "2 snapshots" in again.partition("nexdiag:")[2].partition("\n")[0]
    assert again.endswith("exit code 0")


COMPARED = """
import os, pytest

def tool(says):
    return {"type": "function", "function": {"name": "weather", "description": says, "parameters": {}}}

def chat(*texts, **more):
    roles = ("user", "assistant")
    return {"model": "m", "messages": [{"role": roles[at % 2], "content": one} for at, one in enumerate(texts)], **more}

NEW = "NEW" in os.environ
LONG = "The weather of the day is what everybody asks for, wherever they are"

def test_changed(request_snapshot):
    was = [chat("Hello", tools=[tool("old")]), chat("Hello", "Ho", LONG + "!", tools=[tool("old")])]
    now = [chat("Hello", tools=[tool("new")]), chat("Hello", "Ho", LONG + "?", tools=[tool("new")])]
    now[1]["messages"].append({"role": "user", "content": "\\x1b[31mred"})
    assert request_snapshot == (now if NEW else was)

def test_order(request_snapshot):
    assert request_snapshot == ({"b": 1, "a": 1} if NEW else {"a": 1, "b": 1})

def test_missing(request_snapshot):
    assert request_snapshot(name="second" if NEW else "first") == chat("x")

def test_rule(request_snapshot):
    if NEW:
        assert request_snapshot(keep="date") == chat("x")

def test_given(request_snapshot):
    if NEW:
        assert request_snapshot == "http://127.0.0.1:1"

def test_hand_edited(request_snapshot):
    assert request_snapshot == chat("y", tools=[tool("edited by hand")])
"""


def test_a_mismatch_explains_itself_in_the_words_of_diff(tmp_path: Path) -> None:
    """Where, what was and what is, what the server would refuse of it, and how to write it; pytest cuts nothing off."""
    (tmp_path / "test_it.py").write_text(COMPARED)
    assert "6 passed" in run(tmp_path, "--snapshot-update")
    (schema,) = [path for path in tmp_path.glob("__tool_schemas__/**/*.json") if "edited" in path.read_text()]
    schema.write_text(schema.read_text().replace("edited", "mended"))
    told = run(tmp_path, "--tb=short", "-o", "nexdiag_profile=llama.cpp-strict", NEW="1")
    assert "6 failed" in told, told
    parts = {part.partition(" _")[0]: part for part in told.split("_ test_")[1:]}
    changed = parts["changed"]
    assert "request 1, /tools/0/function/description: changed, and again in request 2" in changed
    assert '    was: "old"' in changed
    assert '    now: "new"' in changed
    assert "messages[2] (user), /messages/2/content: changed" in changed
    assert "⟦-!-⟧⟦+?+⟧" in changed
    assert "messages[3] (user), /messages/3: new" in changed
    assert "lint, llama.cpp-strict: role-alternation" in changed
    assert "merge messages[3] into messages[2]" in changed
    assert "\x1b" not in changed
    assert "Captured request_snapshot call" in changed
    assert "hint: if this is meant, write it with: pytest --snapshot-update" in changed
    assert "the same values, in another order of their names" in parts["order"]
    assert "Snapshot 'test_missing[second]' does not exist!" in parts["missing"]
    assert "unknown rule 'date' in keep" in parts["rule"]
    assert "did you mean dates?" in parts["rule"]
    assert "wanted what holds requests, found the URL" in parts["given"]
    assert "schemas that were sent are not kept" in parts["hand_edited"]
    assert "Full output truncated" not in told


RENAMED = """
import pytest

def tools(name):
    return {"tools": [{"name": name, "input_schema": {}}]}

def test_stays(request_snapshot):
    assert request_snapshot == tools("stays")
    assert request_snapshot == tools("both")

def test_old(request_snapshot):
    assert request_snapshot == [tools("gone"), tools("both")]
"""


def test_what_no_test_asks_for_is_unused_as_syrupy_has_it(tmp_path: Path) -> None:
    """A renamed test leaves a snapshot that fails the run, or is deleted with the schemas it alone named."""
    (tmp_path / "test_it.py").write_text(RENAMED)
    assert "3 snapshots generated" in run(tmp_path, "--snapshot-update")
    (tmp_path / "test_it.py").write_text(RENAMED.partition("\ndef test_old")[0])
    told = run(tmp_path, "--snapshot-details")
    assert "2 snapshots passed. 1 snapshot unused." in told
    assert "Unused test_old (__snapshots__/test_it/test_old.requests)" in told
    assert told.endswith("exit code 1")
    assert any(name.startswith("gone-") for name in files(tmp_path))
    assert "1 unused snapshot deleted" in run(tmp_path, "--snapshot-update")
    assert [name.partition("-")[0] for name in files(tmp_path)] == [
        "both",
        "stays",
        "test_stays.1.requests",
        "test_stays.requests",
    ]


def test_without_syrupy_the_fixture_says_what_to_install(tmp_path: Path) -> None:
    """And with its plugin switched off, that it is."""
    (tmp_path / "test_it.py").write_text(
        """
import sys, pytest

def test_off(request_snapshot): pass

def test_none(monkeypatch, request):
    monkeypatch.setitem(sys.modules, "syrupy", None)
    request.getfixturevalue("request_snapshot")

def test_nothing_is_imported():
    rooms = ("nexdiag.report", "nexdiag.diff", "nexdiag.lint", "nexdiag.pytest_plugin.snapshot_")
    assert [name for name in sys.modules if name.startswith((*rooms, "syrupy."))] == []
"""
    )
    told = run(tmp_path, "-p", "no:syrupy")
    assert "1 passed" in told, told
    assert "wants syrupy's plugin, and it is switched off" in told
    assert "wants syrupy, and it is not installed" in told
    assert "hint: pip install 'nexdiag[pytest]'" in told
    assert "Traceback" not in told
