"""Exchanges → Findings: the doors of the room. How it is done is in `judging`, what is found in `rules`."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from nexdiag.core.cassette import Cassette
from nexdiag.core.endpoint import Profile
from nexdiag.core.exchange import Exchange
from nexdiag.core.finding import Finding
from nexdiag.lint import profiles, rules
from nexdiag.lint.judging import Judging
from nexdiag.lint.seen import view
from nexdiag.lint.seen.bare import BareExchange
from nexdiag.lint.seen.view import View

if TYPE_CHECKING:  # it brings jinja2, which nobody needs who gives no template
    from nexdiag.lint.template.chat_template import ChatTemplate


def judge(
    cassette: Cassette,
    profile: Profile,
    *,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    template: "ChatTemplate | None" = None,
) -> tuple[Finding, ...]:
    """The findings of a recording, the cause first; with the model's template, what that one refuses among them.

    A fault that stays in the history is found once, at the first exchange that carries it. Raises UsageError for a word
    in `select` or `ignore` that names no rule.
    """
    views = (view.of_exchange(exchange) for exchange in cassette.exchanges)
    return _judged(views, Judging(profile, cassette.tool_runs, template), select, ignore)


def judge_exchange(
    exchange: Exchange, profile: Profile, *, select: Sequence[str] = (), ignore: Sequence[str] = ()
) -> tuple[Finding, ...]:
    """The findings of one exchange; of a request alone, where it has no response."""
    return _judged((view.of_exchange(exchange),), Judging(profile), select, ignore)


def judge_bare(
    bare: BareExchange,
    profile: Profile | None = None,
    *,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    template: "ChatTemplate | None" = None,
) -> tuple[Profile, tuple[Finding, ...]]:
    """The findings of a bare exchange, and the profile: the one that is given, else that of the server it names."""
    profile = profile or profiles.resolve(bare.server)
    return profile, _judged((view.of_bare(bare),), Judging(profile, (), template), select, ignore)


def _judged(
    views: Iterable[View], judging: Judging, select: Sequence[str], ignore: Sequence[str]
) -> tuple[Finding, ...]:
    """All rules look, also those that nobody wants to hear of: else a refusal would seem to be without explanation."""
    wanted = {rule.name for rule in rules.chosen(tuple(select), tuple(ignore))}
    for seen in views:
        judging.take(seen)
    return tuple(finding for finding in judging.findings() if finding.rule in wanted)
