"""What is made different from one run to the next, one thing at a time. Data."""

import msgspec

NOTHING = "nothing"
CLOCK = "clock"
DAY = 86400.0


class Variation(msgspec.Struct, frozen=True, kw_only=True):
    """How one run differs from the first. Whoever runs it does what it says; the rest is as it was."""

    kind: str
    """What is varied, in words."""
    environment: dict[str, str] = {}
    """Variables that are set."""
    elsewhere: bool = False
    """Whether it runs in another working directory."""
    home: bool = False
    """Whether it has another home directory."""
    ahead: float = 0.0
    """Seconds by which its clock is ahead."""
    reversed_tools: bool = False
    """Whether the tools are named in another order."""
    reversed_results: bool = False
    """Whether calls that were made together end in another order."""
    may_fail: bool = False
    """Whether a run that asks for less says nothing of the program: it may have missed its files."""


# Zones that need no table, 26 hours apart: the day is another one.
FIRST = Variation(kind=NOTHING, environment={"PYTHONHASHSEED": "0", "TZ": "EARLY+12"})
_COMMON = (
    Variation(kind=NOTHING),
    *(Variation(kind="hash seed", environment={"PYTHONHASHSEED": seed}) for seed in ("1", "2", "3")),
    Variation(kind="time zone", environment={"TZ": "LATE-14"}),
    Variation(kind="locale", environment={"LC_ALL": "C.UTF-8", "LANG": "tr_TR.UTF-8", "LANGUAGE": "tr"}),
    Variation(kind="working directory", elsewhere=True, may_fail=True),
    Variation(kind="home directory", home=True, may_fail=True),
)
_INSIDE = (
    Variation(kind=CLOCK, ahead=DAY + 5 * 3600.0),
    Variation(kind="order of tools", reversed_tools=True),
    Variation(kind="order of results", reversed_results=True),
)


def _after_first(variation: Variation) -> Variation:
    return msgspec.structs.replace(variation, environment=FIRST.environment | variation.environment)


FOR_COMMAND = tuple(_after_first(one) for one in _COMMON)
"""What an environment can change."""
FOR_EXECUTOR = tuple(_after_first(one) for one in (*_COMMON, *_INSIDE))
"""What can be changed in our own executor too."""
