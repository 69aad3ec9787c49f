"""The system prompt. Frozen for a session, and free of paths and clocks finer than a day.

A prompt that changes between requests makes the server read the whole conversation again, and a recording
of it could not be replayed on another machine.
"""

import datetime as dt
from collections.abc import Collection


def system_prompt(*, today: dt.date, tools: Collection[str] = ()) -> str:
    """The default prompt, for a session that began on `today` and may use `tools`."""
    lines = [
        "You are nex, an assistant in a terminal. Answer in plain text, briefly and to the point.",
        f"Today is {today:%Y-%m-%d} ({today:%A}).",
    ]
    if tools:
        lines += [
            f"You have these tools: {', '.join(sorted(tools))}. Paths are relative to the working directory.",
            "Look before you change something, and say what you did. Facts about the present that you have not",
            "looked up are not to be made up.",
        ]
    return "\n".join(lines)
