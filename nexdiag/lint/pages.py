"""A rule → its page in Markdown: what its module says, and who refuses it, from the profiles."""

from collections.abc import Sequence
from typing import Any

from nexdiag.codec import jsontext
from nexdiag.core.endpoint import Refusal
from nexdiag.lint.profiles import SERVERS, VERSIONS
from nexdiag.lint.rule import Rule
from nexdiag.lint.seen.words import heard

_HEAD = "| server | if | status | its words | source | seen |\n|---|---|---|---|---|---|\n"
_INDEX = """# The rules of `nexdiag lint`

Written by `python tests/lint/test_pages.py` from the rules themselves; a test holds it to them. `nexdiag rule NAME`
prints a page, `nexdiag rule --search WORDS` finds one by what a server said.
"""
_NOBODY = "No profile states that its server refuses this.\n"


def page(rule: Rule) -> str:
    """The page of a rule."""
    return f"# {rule.name} ({rule.code})\n\n{rule.page.strip()}\n\n{_table(rule)}"


def _table(rule: Rule) -> str:
    rows = []
    for server in SERVERS:
        title = server.profile.title
        rows += [_row(title, "", refusal) for refusal in server.profile.refuses if refusal.rule == rule.name]
        rows += [
            _row(title, conditional.when, conditional.refusal)
            for conditional in server.conditional
            if conditional.refusal.rule == rule.name
        ]
    rows += _of_versions(rule)
    return _HEAD + "".join(rows) if rows else _NOBODY


def _of_versions(rule: Rule) -> list[str]:
    """One row for all versions that say the same."""
    names: dict[str, list[str]] = {}
    said: dict[str, Refusal] = {}
    for version in (version for several in VERSIONS.values() for version in several):
        refusal = version.profile.refusal(rule.name)
        if refusal is not None:
            words = _words(refusal.body)
            names.setdefault(words, []).append(version.profile.name)
            said.setdefault(words, refusal)
    return [_row(", ".join(several), "", said[words]) for words, several in names.items()]


def _row(title: str, when: str, refusal: Refusal) -> str:
    cells = (title, when, str(refusal.status), _words(refusal.body), refusal.source, refusal.seen)
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |\n"


def _words(body: Any) -> str:  # noqa: ANN401 - a JSON body, or text
    """The words of a refusal as code, on one line."""
    words = heard(body).words or jsontext.write(body).decode()
    line = " ".join(words.split())
    mark = "``" if "`" in line else "`"
    return f"{mark} {line} {mark}" if mark == "``" else f"{mark}{line}{mark}"


def listing(rules: Sequence[Rule], why: Sequence[str] = ()) -> str:
    """One line a rule: code, name, and what it is, or why it is listed."""
    width = max(len(rule.name) for rule in rules)
    told = why or [rule.summary for rule in rules]
    return "\n".join(f"{rule.code}  {rule.name:<{width}}  {line}" for rule, line in zip(rules, told, strict=True))


def index(rules: Sequence[Rule]) -> str:
    """The page that lists all rules, family by family."""
    families = dict.fromkeys(rule.family for rule in rules)
    parts = [_INDEX]
    for family in families:
        ours = (rule for rule in rules if rule.family == family)
        rows = "".join(f"| {rule.code} | [`{rule.name}`]({rule.name}.md) | {rule.summary} |\n" for rule in ours)
        parts.append(f"\n## {family}\n\n| code | rule | |\n|---|---|---|\n{rows}")
    return "".join(parts)
