"""todo_write: the list of what is still to do, which the model keeps before its own eyes. No file."""

from typing import Any, ClassVar

from nexdiag.agent.tools.tool import check, shown
from nexdiag.core.errors import ToolError

ITEMS = 50
LENGTH = 300
_MARKS = {"pending": "[ ]", "in_progress": "[>]", "completed": "[x]"}


class TodoWrite:
    """Holds one session's list."""

    name = "todo_write"
    read_only = True
    description = (
        "Keep a list of what is to do in a task of several parts. Each call replaces the whole list. One item at a "
        "time is in_progress; an item is completed when it is done, not when it is begun."
    )
    parameters: ClassVar[dict[str, Any]] = {
        "type": "object",
        "properties": {
            "todos": {
                "type": "array",
                "description": "The whole list, in order",
                "items": {
                    "type": "object",
                    "properties": {
                        "content": {"type": "string", "description": "What is to do, in a few words"},
                        "status": {"type": "string", "enum": list(_MARKS)},
                    },
                    "required": ["content", "status"],
                    "additionalProperties": False,
                },
            },
        },
        "required": ["todos"],
        "additionalProperties": False,
    }

    def __init__(self) -> None:
        """Begin with nothing to do."""
        self.items: tuple[tuple[str, str], ...] = ()
        """(content, status) of each item, as last written."""

    async def run(self, arguments: dict[str, Any]) -> str:
        """Return the list as it now is, one line an item; a list with a fault changes nothing."""
        todos = check(arguments, self.parameters)["todos"]
        if len(todos) > ITEMS:
            raise ToolError(f"at most {ITEMS} items, found {len(todos)}", hint="drop what is done")
        faults = [f"item {at}: {fault}" for at, item in enumerate(todos, 1) if (fault := _fault(item))]
        if not faults and sum(item["status"] == "in_progress" for item in todos) > 1:
            faults = ["only one item may be in_progress"]
        if faults:
            raise ToolError("; ".join(faults[:5]), hint='an item is {"content": "...", "status": "pending"}')
        self.items = tuple((" ".join(item["content"].split()), item["status"]) for item in todos)
        if not self.items:
            return "The list is empty."
        done = sum(status == "completed" for _, status in self.items)
        rows = [f"{_MARKS[status]} {content}" for content, status in self.items]
        return "\n".join([f"{done} of {len(self.items)} done", *rows])


def _fault(item: object) -> str:
    """Return what is wrong with one item; empty if nothing is."""
    if not isinstance(item, dict):
        return "must be an object"
    content, status = item.get("content"), item.get("status")
    if not isinstance(content, str) or not content.strip():
        return "needs content, a text"
    if len(content) > LENGTH:
        return f"content must have at most {LENGTH} characters, found {len(content)}"
    if not isinstance(status, str) or status not in _MARKS:
        found = shown(status) if isinstance(status, str) else "none"
        return f"status must be one of {', '.join(_MARKS)}, found {found}"
    extra = [key for key in item if key not in {"content", "status"}]
    return f"unknown key {shown(str(extra[0]))}" if extra else ""
