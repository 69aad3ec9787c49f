"""What a profile module is made of."""

from nexdiag.core.endpoint import Profile, Refusal
from nexdiag.lint.server import Conditional, Marks, Server, serves

REFUSAL = Refusal(rule="r", status=400, body="no", source="s")
SERVER = Server(
    profile=Profile(name="x", title="X", aliases=("x",), server_header="x"),
    conditional=(Conditional(variant="strict", when="it rains", refusal=REFUSAL, aliases=("rainy x",)),),
    marks=Marks(headers=("^server: x$",), url=("^http://x/",), body=("made by x",)),
)


def test_a_variant_states_as_a_fact_what_depends() -> None:
    """The plain profile does not refuse; the variant does, and is no longer in doubt."""
    (variant,) = SERVER.variants()
    assert SERVER.profile.refusal("r") is None
    assert SERVER.condition("r") is not None
    assert (variant.profile.name, variant.profile.aliases) == ("x-strict", ("rainy x",))
    assert variant.profile.refusal("r") is REFUSAL
    assert variant.condition("r") is None


def test_any_one_mark_is_enough() -> None:
    """A header, the address or the body."""
    assert SERVER.left_marks((("server", "x"),), "", "")
    assert SERVER.left_marks((), "http://x/v1", "")
    assert SERVER.left_marks((), "", "MADE BY X")
    assert not SERVER.left_marks((("server", "xy"),), "http://xy/", "made by y")


def test_a_route_may_have_a_place_for_a_name() -> None:
    """One segment, which is not empty."""
    assert serves("/a/{name}/b", "/a/x/b")
    assert serves("/a", "/a/")
    assert not serves("/a/{name}/b", "/a//b")
    assert not serves("/a/{name}/b", "/a/x/y/b")
