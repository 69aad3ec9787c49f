"""A recording, judged by the profile of the server that it was recorded from."""

from nexdiag.core.cassette import Cassette
from nexdiag.core.endpoint import Profile
from nexdiag.core.run import Run
from nexdiag.lint import engine
from nexdiag.lint.subject import profile_of


def judge(cassette: Cassette, *, profile: Profile | None = None, name: str | None = None) -> Run:
    """The cassette with its findings, the cause first."""
    profile = profile or profile_of(cassette)
    findings = engine.judge(cassette, profile)
    scenario = cassette.header.scenario
    title = name or (scenario.name if scenario is not None else "") or cassette.name
    return Run(name=title, cassette=cassette, profile=profile.name, findings=findings)
