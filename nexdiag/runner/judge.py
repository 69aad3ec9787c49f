"""A recording, judged by the profile of the server that it was recorded from."""

from pathlib import PurePath

from nexdiag.core.cassette import SUFFIX, Cassette
from nexdiag.core.endpoint import Profile
from nexdiag.core.run import Run
from nexdiag.lint import engine
from nexdiag.lint.subject import profile_of


def judge(cassette: Cassette, *, profile: Profile | None = None, name: str | None = None) -> Run:
    """The cassette with its findings, the cause first. Without a name it is called as its file is, or its scenario."""
    profile = profile or profile_of(cassette)
    findings = engine.judge(cassette, profile)
    scenario = cassette.header.scenario
    file = PurePath(cassette.name).name.removesuffix(SUFFIX)
    title = name or file or (scenario.name if scenario is not None else "")
    return Run(name=title, cassette=cassette, profile=profile.name, findings=findings)
