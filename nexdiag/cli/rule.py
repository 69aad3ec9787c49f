"""`nexdiag rule`."""

from typing import Annotated

import typer

from nexdiag.cli.console import deliver

NAME = "rule"
EXAMPLE = 'Example: nexdiag rule role-alternation (or NX101); nexdiag rule --search "roles must alternate"'


def command(
    name: Annotated[
        str | None, typer.Argument(help="A rule's name or code, or a family (order); all rules without one.")
    ] = None,
    search: Annotated[
        str | None, typer.Option(help="Find rules by a server's words, pasted as they came, or by any words.")
    ] = None,
) -> None:
    """Say what a rule means, with a bad and a good example, and who refuses it in which words."""
    from nexdiag.core.errors import NothingToDo, UsageError
    from nexdiag.lint import pages, rules
    from nexdiag.lint.searching import search as found

    if search is not None:
        if name is not None:
            raise UsageError("either a rule or --search is wanted, found both", hint="leave one of them away")
        if not search.strip():
            raise UsageError(
                "--search names no words", hint='for example: nexdiag rule --search "roles must alternate"'
            )
        listed = found(search)
        if not listed:
            raise NothingToDo("no rule fits these words", hint="nexdiag rule lists all of them")
        deliver(pages.listing([rule for rule, _ in listed], [why for _, why in listed]), None)
        return
    if name is None:
        deliver(pages.listing(rules.EXPLAINED), None)
    elif name.strip().lower() in {rule.family for rule in rules.EXPLAINED}:
        deliver(pages.listing(rules.chosen((name,))), None)
    else:
        deliver(pages.page(rules.find(name)), None)
