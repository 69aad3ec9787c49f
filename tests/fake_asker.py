"""An asker for tests: it answers as a function says, and keeps what it was asked."""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec

from nexdiag.agent.tools.toolbox import Toolbox


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked."""

    prompt: str
    system: str
    tools: Toolbox | None = None
    max_turns: int | None = None


class FakeAsker:
    """Answers with what `answer` gives for a question; counts how many are asked at the same time."""

    def __init__(self, answer: Callable[[Question], str | Awaitable[str]], *, window: int | None = None) -> None:
        self.window = window
        self.asked: list[Question] = []
        self.most = 0
        self._answer = answer
        self._now = 0

    async def ask(self, prompt: str, *, system: str, tools: Toolbox | None = None, max_turns: int = 10) -> str:
        return await self._put(Question(prompt=prompt, system=system, tools=tools, max_turns=max_turns))

    async def complete(self, prompt: str, *, system: str, max_tokens: int | None = None) -> str:
        del max_tokens
        return await self._put(Question(prompt=prompt, system=system))

    async def _put(self, question: Question) -> str:
        self.asked.append(question)
        self._now += 1
        self.most = max(self.most, self._now)
        try:
            await asyncio.sleep(0)
            given = self._answer(question)
            return given if isinstance(given, str) else await given
        finally:
            self._now -= 1
