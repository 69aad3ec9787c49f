"""Reports for the formats of `nexdiag report`: the demonstration, a hostile one, and one with very many findings."""

import msgspec
from report import sample

from nexdiag.core.finding import Finding, Location, Severity
from nexdiag.core.run import Report

several, single, healthy, logged = sample.sample_report, sample.single_report, sample.healthy, sample.logged


def hostile() -> Report:
    """Every text is hostile; one is long."""
    return msgspec.structs.replace(single(sample.hostile(length=50_000)), unchecked=sample.HOSTILE)


def very_many(number: int = 20_000) -> Report:
    """As many findings, of three weights and a hundred rules, in a run of 300 turns."""
    run = sample.long_run(300)
    weights = (Severity.INFO, Severity.WARNING, Severity.ERROR)
    findings = tuple(
        Finding(
            rule=f"rule-{place % 100}",
            code=f"NX{place % 100:03d}",
            severity=weights[place % 3],
            summary=f"fault {place} " + "of many words " * 20,
            location=Location(turn=place % 300 + 1, exchange=place % 300, pointer=f"/messages/{place}/content"),
            fix="mend it",
        )
        for place in range(number)
    )
    return single(msgspec.structs.replace(run, findings=findings))
