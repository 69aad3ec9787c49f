"""How often our verdict on a chat template is the real llama.cpp server's: every template that llama.cpp ships.

    python benchmarks/templates.py [FOLDER]

Without a folder of `*.jinja` the source distribution of llama-cpp-python is fetched with pip into a temporary
directory: it carries about 70 templates. Each is given to a real server, asked about every shape of messages in
tests/chat_templates.py, and to ours. Exit 1 below 98 of 100. What was measured: docs/how-to/chat-templates.md.
"""

import subprocess
import sys
import tarfile
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from chat_templates import NOT_A_REFUSAL, SHAPES, TOOLS, request

from nexdiag.core.errors import NexdiagError
from nexdiag.endpoint import llama
from nexdiag.lint.template.chat_template import ChatTemplate
from nexdiag.lint.template.outcome import TemplateText

WANTED = 0.98
PACKAGE, INSIDE = "llama-cpp-python", "/models/templates/"


@contextmanager
def templates(folder: str | None) -> Iterator[dict[str, str]]:
    """Name and text of every template."""
    if folder is not None:
        yield {path.name: path.read_text(encoding="utf-8") for path in sorted(Path(folder).glob("*.jinja"))}
        return
    with tempfile.TemporaryDirectory() as place:
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", PACKAGE, PACKAGE]
        subprocess.run([*command, "-d", place], check=True)  # noqa: S603 - pip, with words of our own
        with tarfile.open(next(Path(place).glob("*.tar.gz"))) as archive:
            found = {}
            for member in archive:
                file = archive.extractfile(member) if INSIDE in member.name else None
                if file is not None and member.name.endswith(".jinja"):
                    found[Path(member.name).name] = file.read().decode()
        yield dict(sorted(found.items()))


def refusals(text: str) -> dict[str, str]:
    """By shape: what the real server says to it; empty where it answers."""
    said = {}
    with llama.running(template=text) as base_url, httpx.Client(base_url=base_url, timeout=30) as client:
        for shape, (messages, tooled) in SHAPES.items():
            response = client.post("/v1/chat/completions", json=request(messages, tooled=tooled))
            passed = response.is_success or NOT_A_REFUSAL in response.text
            said[shape] = "" if passed else response.json()["error"]["message"]
    return said


def differing(text: str) -> tuple[list[str], int]:
    """The shapes of which we and the server do not say the same, and how many it refuses."""
    theirs = refusals(text)
    try:
        judge = ChatTemplate(TemplateText(text=text))
    except NexdiagError as error:
        return [f"{shape}: not rendered here: {error}" for shape in theirs], 0
    lines = []
    for shape, said in theirs.items():
        messages, tooled = SHAPES[shape]
        ours = judge.would_refuse(messages, TOOLS if tooled else None)
        if bool(said) != (ours is not None):
            lines.append(f"{shape}: it {said[-90:] or 'takes it'}; we {ours.words if ours else 'take it'}")
    return lines, sum(map(bool, theirs.values()))


def main() -> int:
    """Print the table."""
    began, cells, wrong, refused = time.perf_counter(), 0, 0, 0
    by_shape: Counter[str] = Counter()
    with templates(sys.argv[1] if len(sys.argv) > 1 else None) as found:
        for name, text in found.items():
            lines, no = differing(text)
            cells, wrong, refused = cells + len(SHAPES), wrong + len(lines), refused + no
            by_shape.update(line.partition(":")[0] for line in lines)
            for line in lines:
                print(f"{name}: {' '.join(line.split())}")
    agreed = 1 - wrong / cells
    print(f"{len(found)} templates x {len(SHAPES)} shapes = {cells} verdicts, {refused} of them refusals")
    print(
        f"agreed on {100 * agreed:.2f} % in {time.perf_counter() - began:.0f} s; by shape: {dict(by_shape) or 'none'}"
    )
    return int(agreed < WANTED)


if __name__ == "__main__":
    sys.exit(main())
