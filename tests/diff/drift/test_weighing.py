"""What a change weighs."""

import pytest

from nexdiag.core.drift import KINDS, Support
from nexdiag.core.finding import Severity
from nexdiag.diff.drift.builtin import SHAPES
from nexdiag.diff.drift.weighing import WEIGHTS, broken, expected, lighter, requirement, weight

MANY = Support(holding=0, of=48, exchanges=48)
FEW = Support(holding=0, of=29, exchanges=29)


def test_every_kind_has_a_weight_in_both_directions() -> None:
    """And some weigh otherwise for who writes than for who reads."""
    assert set(WEIGHTS) == set(KINDS)
    assert WEIGHTS["now-null"] == ("error", "info")
    assert WEIGHTS["never-null"] == ("info", "warning")


@pytest.mark.parametrize(
    "case",
    [
        ("removed", "response", "nex", (MANY, MANY), {}, ("error", False)),
        ("removed", "response", "observed", (MANY, MANY), {}, ("error", False)),
        ("removed", "response", "known", (MANY, MANY), {}, ("warning", False)),
        ("removed", "response", "extension", (MANY, MANY), {}, ("info", False)),
        ("removed", "response", "shape", (FEW, MANY), {}, ("warning", True)),
        ("removed", "response", "shape", (None, FEW), {}, ("error", False)),  # against a published shape
        ("removed", "error", "shape", (MANY, MANY), {}, ("warning", False)),
        ("removed", "request", "shape", (MANY, MANY), {}, ("warning", False)),
        ("now-null", "response", "shape", (MANY, MANY), {"allowed": True}, ("warning", False)),
        ("enum-widened", "response", "shape", (MANY, MANY), {"allowed": True}, ("info", False)),
        ("branch-added", "response", "extension", (MANY, MANY), {}, ("warning", False)),
    ],
)
def test_a_weight_follows_from_who_needs_it_and_from_support(
    case: tuple[str, str, str, tuple[Support | None, Support], dict[str, bool], tuple[str, bool]],
) -> None:
    """A row each."""
    kind, direction, needed, (left, right), more, wanted = case
    assert weight(kind, direction, needed, left=left, right=right, **{"allowed": False, **more}) == wanted


@pytest.mark.parametrize(
    ("kind", "direction", "needed", "flags", "who"),
    [
        ("retyped", "response", "shape", (False, False), "wire"),
        ("removed", "response", "shape", (False, True), "typed"),
        ("removed", "response", "nex", (True, True), "behaviour"),  # nex knows less; the type lets it be missing
        ("now-null", "response", "observed", (False, True), "typed"),
        ("enum-widened", "response", "shape", (False, True), "behaviour"),
        ("branch-added", "response", "extension", (False, True), "behaviour"),
        ("removed", "response", "extension", (False, True), "cosmetic"),
        ("added", "response", "observed", (False, True), "cosmetic"),
        ("removed", "error", "shape", (False, True), "behaviour"),
        ("retyped", "request", "shape", (False, True), "typed"),
        ("removed", "request", "shape", (False, True), "behaviour"),
        ("now-null", "request", "shape", (False, True), "cosmetic"),
    ],
)
def test_who_breaks(kind: str, direction: str, needed: str, flags: tuple[bool, bool], who: str) -> None:
    """A row each: whether the published type takes it, and whether it is JSON."""
    taken, readable = flags
    assert broken(kind, direction, needed, taken=taken, readable=readable) == who


def test_who_needs_a_field() -> None:
    """What nex reads comes before the shape, the shape before what is merely known; no shape, no opinion."""
    chat = SHAPES["response", "chat", "json"]
    asked = {
        "/usage": "nex",
        "/created": "shape",
        "/service_tier": "known",
        "/timings": "extension",
        "/timings/x": "extension",
    }
    assert {one: requirement("response", "chat", "json", one, chat) for one in asked} == asked
    assert requirement("response", "GET /x", "json", "/a", None) == "observed"
    assert requirement("response", "chat", "json", "/choices/*/logprobs/content", chat) == "known"


def test_the_lighter_of_two_and_what_chance_explains() -> None:
    """Info is lighter than a warning; half of all cases would be seen again in five, one in forty not in ten."""
    assert lighter(Severity.ERROR, Severity.WARNING) == "warning"
    assert lighter(Severity.INFO, Severity.WARNING) == "info"
    assert expected(0.5, 5)
    assert not expected(1 / 40, 10)
