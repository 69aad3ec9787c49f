"""docs/explanation/what-servers-refuse.md, from the profiles. Run as a program, it writes it.

python tests/docs/test_servers.py
"""

from collections.abc import Iterator
from pathlib import Path

from nexdiag.lint.profiles import SERVERS, named
from nexdiag.lint.rule import Rule
from nexdiag.lint.rules import EXPLAINED
from nexdiag.lint.server import Server

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "what-servers-refuse.md"
STALE = "run: python tests/docs/test_servers.py"
_TOP = """# What each server refuses

"OpenAI-compatible" says where requests go, and not what is accepted there. The same conversation that one server
takes is a 400 at the next, and which one is known only when it is tried, or from those who have tried. This page is
what nexdiag knows, written by `tests/docs/test_servers.py` from the [profiles](../../nexdiag/lint/profiles/) that
`nexdiag lint` judges by and `nexdiag endpoint --like` behaves as. Behind each mark stands a statement with the
server's words, its source and the version it was seen on: it is on the page of the rule.

| mark | means | lint says |
|---|---|---|
| ✗ | this server refuses it | error |
| ▲ | some of its deployments, versions or models refuse it | warning; error for that deployment |
| | nobody has shown us that it does | info, or an error where a recorded answer confirms it |

An empty cell is no promise. If you have an answer of a server that this page does not know, `nexdiag lint` reads its
words all the same, and a recording of it is the best bug report there is.

Three things stand out. **Order is the template's matter**: servers that render a model's own chat template
(llama.cpp, vLLM, SGLang, TGI) refuse what that template refuses, so the model decides, not the server; [try
it](../how-to/chat-templates.md). **Pairing is everybody's matter**: a tool call without its answer, or the reverse,
is refused nearly everywhere. **Parameters are a matter of versions**: what was refused last year is taken today, and
the other way round.
"""


def page() -> str:
    """The whole page."""
    parts = [_TOP, "\n## How much is known\n\n", *_known()]
    for family in dict.fromkeys(rule.family for rule in EXPLAINED):
        parts += _family(family, [rule for rule in EXPLAINED if rule.family == family])
    return "".join(parts)


def _known() -> Iterator[str]:
    yield "| server | profile | refuses | refuses if | deployments with a profile of their own |\n" + "|---" * 5 + "|\n"
    for server in SERVERS:
        always = {one.rule for one in server.profile.refuses}
        partly = {one.refusal.rule for one in server.conditional} - always
        variants = ", ".join(f"`{one.profile.name}`" for one in server.variants())
        yield f"| {server.profile.title} | `{server.profile.name}` | {len(always)} | {len(partly)} | {variants} |\n"


def _family(family: str, rules: list[Rule]) -> Iterator[str]:
    stated = [rule for rule in rules if any(_mark(server, rule.name) for server in SERVERS)]
    servers = [server for server in SERVERS if any(_mark(server, rule.name) for rule in stated)]
    if not stated:
        return
    yield f"\n## {family}\n\n"
    yield "| | " + " | ".join(server.profile.name for server in servers) + " |\n" + "|---" * (len(servers) + 1) + "|\n"
    for rule in stated:
        marks = " | ".join(_mark(server, rule.name) for server in servers)
        yield f"| [`{rule.name}`](../reference/rules/{rule.name}.md) | {marks} |\n"


def _mark(server: Server, rule: str) -> str:
    if any(one.rule == rule for one in server.profile.refuses):
        return "✗"
    return "▲" if any(one.refusal.rule == rule for one in server.conditional) else ""


def test_the_page_is_that_of_the_profiles() -> None:
    """Who refuses what is told from the same data that lint and the stubs use."""
    assert PAGE.read_text(encoding="utf-8") == page(), STALE


def test_every_statement_has_its_mark() -> None:
    """No statement of a profile is left out, and no server."""
    cells = [line for line in page().splitlines() if line.startswith("| [`")]
    stated = {
        (server.profile.name, rule)
        for server in SERVERS
        for rule in (
            *(one.rule for one in server.profile.refuses),
            *(one.refusal.rule for one in server.conditional),
        )
    }
    explained = {rule.name for rule in EXPLAINED}
    assert {rule for _, rule in stated if rule not in explained} == {"route-not-found"}  # a stub's 404, no rule
    assert sum(line.count("✗") + line.count("▲") for line in cells) == sum(rule in explained for _, rule in stated)
    assert all(named(server.profile.name).refuses or server.conditional for server in SERVERS)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
