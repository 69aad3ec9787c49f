"""delegate: a task of its own for a helper, which works in a conversation of its own and answers once.

Law: a helper has no more than its session has: what is denied there is denied to it, and it has no helpers itself.
"""

from collections.abc import Callable
from typing import Any, ClassVar

from nexdiag.agent.tools.asker import NOBODY, Asker
from nexdiag.agent.tools.spill import Spill
from nexdiag.agent.tools.tool import check
from nexdiag.agent.tools.toolbox import Toolbox
from nexdiag.core.errors import ToolError

CAP = 8000
TURNS = 10
TURNS_MAX = 20

SYSTEM = (
    "You are a helper of nex, an assistant in a terminal. You get one task. Do it with the tools that you have, and "
    "answer once, with everything that was asked for: whoever reads your answer sees nothing else of your work. "
    "Nobody can answer questions of yours. Say plainly what you could not do."
)


class Delegate:
    """Hands a task to a helper."""

    name = "delegate"
    read_only = False
    description = (
        "Hand a task to a helper that works on its own and gives back one answer. It knows nothing of this "
        "conversation: say in the prompt all that it needs. exec_mode light looks but changes nothing; full may use "
        "every tool that you have, but for this one."
    )
    parameters: ClassVar[dict[str, Any]] = {
        "type": "object",
        "properties": {
            "prompt": {"type": "string", "description": "The task, with everything that the helper must know"},
            "exec_mode": {"type": "string", "enum": ["light", "full"], "description": "Default light"},
            "max_turns": {
                "type": "integer",
                "minimum": 1,
                "description": f"Model calls that it may take (default {TURNS}, at most {TURNS_MAX})",
            },
        },
        "required": ["prompt"],
        "additionalProperties": False,
    }

    def __init__(self, asker: Asker | None, toolbox: Callable[[str], Toolbox], *, spill: Spill) -> None:
        """`toolbox` makes the tools of one helper, for `light` or `full`; they are closed when it has answered."""
        self._asker = asker
        self._toolbox = toolbox
        self._spill = spill

    async def run(self, arguments: dict[str, Any]) -> str:
        """Return the helper's answer."""
        given = check(arguments, self.parameters)
        if self._asker is None:
            raise ToolError(NOBODY)
        if not given["prompt"].strip():
            raise ToolError("prompt is empty", hint="say what the helper is to do")
        turns = min(given.get("max_turns", TURNS), TURNS_MAX)
        tools = self._toolbox(given.get("exec_mode", "light"))
        try:
            answer = await self._asker.ask(given["prompt"], system=SYSTEM, tools=tools, max_turns=turns)
        finally:
            await tools.close()
        return self._spill.fit(self.name, answer, CAP)
