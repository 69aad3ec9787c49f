"""Real inner pytests: a test file is written, run as its user would run it, and what it says is looked up by test.

What many tests of ours have to show is shown in one inner run: each module lays its suite out as INNER (files by name)
and, where it has to, `prepare`. The fixture `gathered` runs them all, once, and each outer test asks for what it
proves.
"""

import contextlib
import io
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nexdiag.cli.app import run
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
PLAIN = """
import os
import httpx, pytest

def say(text="hi", url=None):
    base = url + "/v1" if url else os.environ["OPENAI_BASE_URL"]
    asked = {"model": "m", "messages": [{"role": "user", "content": text}]}
    return httpx.post(base + "/chat/completions", json=asked).json()["choices"][0]["message"]["content"]
"""
"""The same without an SDK: where it is not the client that counts, its second of start-up is saved."""
_TELLING = '''
"""What becomes of each test, for whoever runs this suite."""
import json, os

def pytest_runtest_logreport(report):
    sections = [f"{title}\\n{text}" for title, text in report.sections if title.endswith(report.when)]
    text = "\\n".join([report.longreprtext, *sections])
    tell(report, when=report.when, counts=getattr(report, "nexdiag", None), text=text)

def pytest_collectreport(report):
    if report.failed:
        tell(report, when="collect", counts=None, text=report.longreprtext)

def tell(report, **more):
    if "PYTEST_XDIST_WORKER" not in os.environ:
        with open("told.jsonl", "a") as file:
            file.write(json.dumps({"test": report.nodeid, "outcome": report.outcome, **more}) + "\\n")
'''


@dataclass
class Outcome:
    """What became of one."""

    failed: list[str] = field(default_factory=list)
    """In which of collect, setup, call and teardown."""
    skipped: bool = False
    told: str = ""
    counts: dict[str, Any] = field(default_factory=dict)


@dataclass
class Done:
    """A run that is over."""

    code: int
    out: str
    tests: Mapping[str, Outcome]

    def of(self, file: str) -> dict[str, Outcome]:
        """What became of the tests of a file, by their names."""
        found = {name.partition("::")[2]: one for name, one in self.tests.items() if name.partition("::")[0] == file}
        assert found, f"nothing of {file}:\n{self.out}"
        return found


@dataclass
class Gathered:
    """The run of many suites, and where it was."""

    root: Path
    done: Done


def inner(root: Path, text: str, *arguments: str, alone: bool = True, **environment: str) -> Done:
    """Run a suite; nothing of this run's own surroundings counts. `alone`: no other plugins, each costs every run."""
    if text:
        (root / "test_inner.py").write_text(text)
    (root / "telling.py").write_text(_TELLING)
    (root / "told.jsonl").write_text("")
    around = {name: value for name, value in os.environ.items() if name != "CI" and not name.startswith("PYTEST_")}
    if alone:
        around["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        arguments = ("-p", "nexdiag.pytest_plugin", *arguments)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "telling", "--tb=short"]
    done = subprocess.run(
        [*command, *arguments, f"--basetemp={root / 'kept'}"],
        cwd=root, capture_output=True, text=True, check=False, timeout=100,
        env={**around, "COLUMNS": "200", **environment},
    )  # fmt: skip
    return Done(done.returncode, done.stdout + done.stderr, _tests(root))


def _tests(root: Path) -> dict[str, Outcome]:
    tests: dict[str, Outcome] = {}
    for line in (root / "told.jsonl").read_text().splitlines():
        said = json.loads(line)
        test = tests.setdefault(said["test"], Outcome())
        if said["outcome"] == "failed":
            test.failed.append(said["when"])
        test.skipped |= said["outcome"] == "skipped"
        test.told += said["text"]
        test.counts = said["counts"] or test.counts
    return tests


def gather(root: Path, files: Mapping[str, str]) -> Done:
    """Run all of them at once, with a recording and with a server that says Hello."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    recorded(root)
    with live(*["Hello."] * 50) as url:
        return inner(
            root, "", "-p", "anyio", "--strict-markers", "-W", "error", "--continue-on-collection-errors", "-rA",
            OPENAI_BASE_URL=url,
        )  # fmt: skip


def recorded(root: Path) -> None:
    """A recording of five streamed answers beside the test, and what was asked in it."""
    (root / "five.cassette.jsonl").write_bytes(FIVE.read_bytes())
    bodies = [exchange.request.body.join() for exchange in load(FIVE).exchanges]
    (root / "questions.jsonl").write_bytes(b"\n".join(bodies))


@contextlib.contextmanager
def live(*script: str) -> Iterator[str]:
    """A server that answers, as the SDK finds it in `OPENAI_BASE_URL`."""
    with serving.running(stub.StubEndpoint(profiles.named("llama.cpp"), script=script)) as url:
        yield url + "/v1"


def commands_are_run(gathered: Gathered, told: str, recording: str) -> None:
    """The two commands that a failure prints: one shows the difference, the other what is wrong with what was sent."""
    diff, lint = (shlex.split(one) for one in re.findall(r"nexdiag (?:diff|lint) .*", told))
    assert diff[2] == recording
    with contextlib.chdir(gathered.root), contextlib.redirect_stdout(io.StringIO()) as out:
        assert run(diff[1:]) == 1
        assert run(lint[1:]) in (0, 1)
    assert "FIRST DIVERGENCE" in out.getvalue() or "EXPLAINS" in out.getvalue(), out.getvalue()
