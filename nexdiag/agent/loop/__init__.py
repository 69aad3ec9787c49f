"""The turn machine and all that it decides. Pure: events in, commands out. Everything public is imported from here.

machine       the table: what follows from each event        asking       the half of it that asks, and fails
events        what it hears and what it commands              attempts     who is asked again, how often, after how long
normalise     a conversation that the strictest server takes  calls        a model's tool calls, as they may stand
answers       tool results, one for each call                 repetition   circles: the same call with the same outcome
budget, room  how full the context window is                  compaction, squeeze   how a conversation is made shorter
continuation  an answer that was cut off is gone on with
"""

from nexdiag.agent.loop.asking import CUT, AttachWarning, Phase
from nexdiag.agent.loop.calls import CUT_OFF
from nexdiag.agent.loop.events import (
    CallModel,
    Cancelled,
    Command,
    Compact,
    EndTurn,
    Event,
    Failed,
    GoOn,
    Joined,
    Limits,
    Mended,
    Record,
    Replied,
    RunTools,
    Said,
    Shortened,
    Summarise,
    Summarised,
    ToolsRan,
)
from nexdiag.agent.loop.machine import Machine
from nexdiag.agent.loop.normalise import INTERRUPTED, STOPPED

__all__ = [
    "CUT",
    "CUT_OFF",
    "INTERRUPTED",
    "STOPPED",
    "AttachWarning",
    "CallModel",
    "Cancelled",
    "Command",
    "Compact",
    "EndTurn",
    "Event",
    "Failed",
    "GoOn",
    "Joined",
    "Limits",
    "Machine",
    "Mended",
    "Phase",
    "Record",
    "Replied",
    "RunTools",
    "Said",
    "Shortened",
    "Summarise",
    "Summarised",
    "ToolsRan",
]
