"""By what `lint` judges: what was typed, what the settings say beside, and what is not wanted in which file."""

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import msgspec

from nexdiag.core.finding import Finding
from nexdiag.lint import rules
from nexdiag.runner.settings import Lint

if TYPE_CHECKING:  # it brings httpx, which nobody needs who gives no template
    from nexdiag.runner.linting.template import Templates


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """By what to judge."""

    profile: str | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    per_path: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Pattern of paths → rules that are not wanted there."""
    template: "Templates | None" = None
    """The chat template of the model, by which its requests are judged too."""

    def rules(self, file: str) -> frozenset[str]:
        """The names of the rules that are wanted for a file."""
        words = (word for pattern, several in self.per_path if _fits(file, pattern) for word in several)
        return frozenset(rule.name for rule in rules.chosen(self.select, (*self.ignore, *words)))

    def kept(self, file: str, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
        """The findings of a file without those that are not wanted there."""
        words = tuple(word for pattern, several in self.per_path if _fits(file, pattern) for word in several)
        if not words:
            return findings
        wanted = {rule.name for rule in rules.chosen((), words)}
        return tuple(finding for finding in findings if finding.rule in wanted)


def choice_of(
    settings: Lint,
    *,
    profile: str | None = None,
    select: tuple[str, ...] = (),
    ignore: tuple[str, ...] = (),
    template: "Templates | None" = None,
) -> Choice:
    """What was typed goes before what is set; what is ignored adds up.

    Raises `UsageError` for a word, also of the settings, that names no rule.
    """
    per_path = tuple((settings.per_path_ignores or {}).items())
    chosen = Choice(
        profile=profile or settings.profile,
        select=select or settings.select or (),
        ignore=(*(settings.ignore or ()), *ignore),
        per_path=per_path,
        template=template,
    )
    rules.chosen(chosen.select, (*chosen.ignore, *(word for _, words in per_path for word in words)))
    return chosen


def _fits(file: str, pattern: str) -> bool:
    return fnmatchcase(file, pattern) or fnmatchcase(file, f"*/{pattern.lstrip('/')}")
