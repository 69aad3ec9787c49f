"""Where a replay first left its recording, for the page: what was asked, both values, what follows, what to do."""

from nexdiag.core.replayed import TurnVerdict
from nexdiag.report.markup import Markup, element
from nexdiag.report.replay.divergence import lines
from nexdiag.report.summary import RunFacts
from nexdiag.report.wording import turn_title


def diverged(facts: RunFacts, number: int) -> Markup | None:
    """The first divergence of the run, which is the page's run of that number; None where a replay did not differ."""
    turn = next((turn for turn in facts.run.replayed if turn.divergence is not None), None)
    if turn is None:
        return None
    told = element("pre", "\n".join(lines(turn)), class_="wire")
    kicker = element("p", "First divergence from the recording", class_="kicker")
    return element("article", kicker, element("h3", _turn(turn, facts, number)), told, class_="divergence")


def _turn(turn: TurnVerdict, facts: RunFacts, number: int) -> Markup | str:
    """The turn by its name, as a link where the page shows it."""
    name = turn_title(turn.session, turn.number)
    key = next((one.key for one in facts.turns if (one.session, one.number) == (turn.session, turn.number)), None)
    if key is None:
        return name
    spot = f"#run-{number}/turn-{key}"
    return element("a", name, href=spot, data_goto=spot)
