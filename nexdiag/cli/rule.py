"""`nexdiag rule`."""

from typing import Annotated

import typer

from nexdiag.cli.console import deliver

NAME = "rule"
EXAMPLE = "Example: nexdiag rule role-alternation (or NX101)"


def command(
    name: Annotated[str | None, typer.Argument(help="A rule's name or code; all rules without one.")] = None,
) -> None:
    """Say what a rule means, with a bad and a good example, and who refuses it in which words."""
    from nexdiag.lint import pages, rules

    if name is None:
        width = max(len(rule.name) for rule in rules.EXPLAINED)
        rows = (f"{rule.code}  {rule.name:<{width}}  {rule.summary}" for rule in rules.EXPLAINED)
        deliver("\n".join(rows), None)
        return
    deliver(pages.page(rules.find(name)), None)
