"""Real inner pytests: a test file is written, run as its user would run it, and what it says is looked up by test."""

import contextlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from nexdiag.endpoint import serving, stub
from nexdiag.lint import profiles
from nexdiag.runner.load import load

FIVE = Path(__file__).parents[1] / "cassettes" / "llama.cpp" / "five-back-to-back.cassette.jsonl"
SAY = """
import json, pathlib
import openai, pytest

def say(text="hi", url=None, retries=0, **more):
    base = url + "/v1" if url else None
    asked = text if isinstance(text, dict) else {"model": "m", "messages": [{"role": "user", "content": text}]}
    with openai.OpenAI(base_url=base, api_key="x", max_retries=retries, timeout=20) as client:
        made = client.chat.completions.create(**asked, **more)
        if isinstance(made, openai.Stream):
            return "".join(chunk.choices[0].delta.content or "" for chunk in made if chunk.choices)
        return made.choices[0].message.content

TWICE = {"model": "m", "messages": [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]}
"""
"""How an inner test asks: by the real SDK."""
QUESTIONS = (
    SAY
    + """
QUESTIONS = [json.loads(one) for one in pathlib.Path("questions.jsonl").read_text().splitlines()]
"""
)
_HEAD = re.compile(r"^_{3,} (?:ERROR at \w+ of )?(\S+?) _{3,}$", re.MULTILINE)


def inner(tmp_path: Path, text: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run it; nothing of this run's own surroundings counts."""
    (tmp_path / "test_inner.py").write_text(text)
    around = {name: value for name, value in os.environ.items() if name not in ("CI", "PYTEST_ADDOPTS")}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=short", *arguments]
    kept = f"--basetemp={tmp_path / 'kept'}"
    return subprocess.run(
        [*command, kept], cwd=tmp_path, capture_output=True, text=True, check=False, env=around | environment
    )


def told(done: subprocess.CompletedProcess[str]) -> dict[str, str]:
    """What it says of each test that failed."""
    parts = _HEAD.split(done.stdout.partition("short test summary")[0])
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def recorded(tmp_path: Path) -> None:
    """A recording of five streamed answers beside the test, and what was asked in it."""
    (tmp_path / "five.cassette.jsonl").write_bytes(FIVE.read_bytes())
    bodies = [exchange.request.body.join() for exchange in load(FIVE).exchanges]
    (tmp_path / "questions.jsonl").write_bytes(b"\n".join(bodies))


@contextlib.contextmanager
def live(*script: str) -> Iterator[str]:
    """A server that answers, as the SDK finds it in `OPENAI_BASE_URL`."""
    with serving.running(stub.StubEndpoint(profiles.named("llama.cpp"), script=script)) as url:
        yield url + "/v1"
