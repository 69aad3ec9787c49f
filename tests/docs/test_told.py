"""Every command of the documentation is run, page by page, and does what its page says."""

import re
import shlex
import shutil
import sys
from pathlib import Path

import pytest
from docs.asides import ASIDES
from docs.pages import ROOT, Command, documented, story, unfenced
from docs.shown import missing
from docs.stage import desk, programs, staged

from nexdiag.cli.app import run

PAGES = {str(path.relative_to(ROOT)): path for path in documented()}
STORIES = {name: story(path.read_text(encoding="utf-8"), ASIDES.get(name, {})) for name, path in PAGES.items()}
TOLD = [name for name, happens in STORIES.items() if any(isinstance(one, Command) for one in happens)]
MOST_UNRUN = 36
"""How many commands may say that they cannot be run here. It is to go down."""
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\((?!https?:|mailto:)([^)#\s]*)(#[^)\s]*)?\)")
_CODE = re.compile(r"^ *```.*?^ *```|`[^`\n]*`", re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("name", TOLD)
def test_a_page_does_what_it_says(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Top to bottom in a scratch directory: each command ends as the page says, and tells what the page shows."""
    place = tmp_path / "project"
    place.mkdir()
    monkeypatch.chdir(place)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", f"{programs(tmp_path / 'bin')}:{Path(sys.executable).parent}", prepend=":")
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # those of our own suite are none of a reader's
    monkeypatch.setenv("PYTEST_PLUGINS", "nexdiag.pytest_plugin,syrupy")
    desk(place)
    with staged(place, lambda: tuple(capfd.readouterr())) as stage:
        monkeypatch.setenv("OPENAI_BASE_URL", f"{stage.url()}/v1")
        for happens in STORIES[name]:
            stage.play(happens)


def test_few_commands_are_not_run() -> None:
    """Each has its reason in the page, and there are few of them: at most one in seven."""
    commands = [one for happens in STORIES.values() for one in happens if isinstance(one, Command)]
    unrun = [one for one in commands if one.unrun is not None]
    assert all(len(one.unrun or "") > len("not here") for one in unrun)
    assert len(unrun) <= MOST_UNRUN
    assert len(unrun) * 7 <= len(commands)


@pytest.mark.parametrize("name", PAGES)
def test_a_command_is_fenced_as_one(name: str) -> None:
    """Whatever begins with nexdiag stands in a ```console block, so that it is run."""
    assert not unfenced(PAGES[name].read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name: str) -> None:
    """Every file that a page links to is there, and so is the heading."""
    text = _CODE.sub("", PAGES[name].read_text(encoding="utf-8"))
    for target, anchor in _LINK.findall(text):
        path = (PAGES[name].parent / target).resolve() if target else PAGES[name]
        assert path.exists(), target
        if anchor and path.suffix == ".md":
            assert anchor[1:] in _anchors(path.read_text(encoding="utf-8")), target + anchor


def _anchors(text: str) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


LIES = {
    "an exit code": "```console\nnexdiag rule no-such-rule\n```\n",
    "an output": "```console\nnexdiag --version\n```\n\n```text\nnexdiag of old\n```\n",
    "an option": "<!-- test: exit: 0 -->\n```console\nnexdiag lint request.json --profil vllm\n```\n",
    "a shell": "```console\nnexdiag lint - < not-there.json\n```\n",
    "a server": "```console\nnexdiag endpoint --like no-such-server\n```\n",
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_a_page_that_lies_is_found(
    lie: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A wrong exit code, output or option, in this process or in another, fails the test of its page."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "request.json").write_text('{"messages": []}')
    (happens,) = story(lie)
    with staged(tmp_path, lambda: tuple(capfd.readouterr())) as stage, pytest.raises(AssertionError):
        stage.play(happens)


def test_what_varies_is_a_class_and_words_are_not() -> None:
    """Ports, times and ids may differ; a count, a word or a name may not."""
    told = "listening http://127.0.0.1:4711\nsaved a.jsonl   3 kB · 2 exchanges   1.9 s\n"
    assert not missing(["saved a.jsonl 41 kB · 2 exchanges 20 ms", "listening http://127.0.0.1:80", "…"], told)
    assert missing(["saved a.jsonl 3 kB · 3 exchanges 1.9 s"], told)
    assert missing(["saved b.jsonl 3 kB · 2 exchanges 1.9 s"], told)
    assert missing(["listening http://127.0.0.1:80", "listening http://127.0.0.1:81"], told)


def test_the_index_leads_to_every_page() -> None:
    """No page is left where nobody finds it."""
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    linked = {(ROOT / "docs" / target).resolve() for target, _ in _LINK.findall(index)}
    assert set(PAGES) - {"README.md", "docs/README.md"} == {name for name in PAGES if PAGES[name] in linked}


def test_the_workflows_of_the_examples_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Each nexdiag line of the CI examples does what a green build needs, with a share of one."""
    del capfd
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cassettes").mkdir()
    shutil.copy(ROOT / "cassettes" / "llama.cpp" / "five-back-to-back.cassette.jsonl", "cassettes")
    lines = [line for path in (ROOT / "examples" / "ci").iterdir() for line in path.read_text().splitlines()]
    typed = [
        line.partition("nexdiag ")[2] for line in lines if re.match(r"\s*-( run:)? nexdiag |\s*run: nexdiag ", line)
    ]
    assert len(typed) >= len(["check", "github", "junit", "check", "junit", "text"])
    for one in typed:
        assert run(shlex.split(re.sub(r'"\$[^"]*"', "1/1", one))) == 0, one
