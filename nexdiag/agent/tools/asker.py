"""Asker: how a tool asks a model. Who that is, and over which connection, is the caller's affair."""

from typing import Protocol

from nexdiag.agent.tools.toolbox import Toolbox


class Asker(Protocol):
    """Puts questions to a model, each in a conversation of its own that nobody keeps."""

    @property
    def window(self) -> int | None:
        """How many tokens one conversation may have; None if nobody knows."""

    async def ask(self, prompt: str, *, system: str, tools: Toolbox | None = None, max_turns: int = 10) -> str:
        """Return the model's last word, after at most `max_turns` model calls. ToolError if there is none."""

    async def complete(self, prompt: str, *, system: str, max_tokens: int | None = None) -> str:
        """Return the model's answer to one question, without tools. ToolError if there is none."""


NOBODY = "no model can be asked here"
"""What a tool says that has no asker."""
