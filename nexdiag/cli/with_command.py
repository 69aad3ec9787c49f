"""A command of ours that takes somebody else's command line after `--`."""

from typing import Any

import typer
from typer.core import TyperCommand

_END = "--"
_COMMAND = "nexdiag.command"


class WithCommand(TyperCommand):
    """Takes what follows `--` away before options are looked for: it is somebody else's command line."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - click's context, of typer's own click
        """Our own arguments."""
        if _END in args:
            at = args.index(_END)
            ctx.meta[_COMMAND] = tuple(args[at + 1 :])
            args = args[:at] or [_END]  # with nothing of ours, click would show the help instead
        return super().parse_args(ctx, args)

    def collect_usage_pieces(self, ctx: Any) -> list[str]:  # noqa: ANN401 - as above
        """`... | -- COMMAND...`."""
        return [*super().collect_usage_pieces(ctx), "| -- COMMAND..."]


def words_of(ctx: typer.Context) -> tuple[str, ...] | None:
    """What stood after `--`; None if there was none."""
    words: tuple[str, ...] | None = ctx.meta.get(_COMMAND)
    return words
