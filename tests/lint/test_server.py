"""What a profile module is made of."""

from nexdiag.core.endpoint import Limits, Profile, Refusal
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
    assert variant.profile.server_header == "x"  # so that a recording of its stub is recognised


def test_a_deployment_checks_what_it_checks_besides() -> None:
    """Its limits come before the server's, which stay where it has none."""
    narrow = Conditional(variant="narrow", when="it snows", refusal=REFUSAL, limits=Limits(tools=5, roles=("user",)))
    profile = Profile(name="x", title="X", limits=Limits(tools=9, tool_name="f"))
    (variant,) = Server(profile=profile, conditional=(narrow,)).variants()
    assert variant.profile.limits == Limits(tools=5, tool_name="f", roles=("user",))


def test_it_may_depend_on_the_model_and_the_wire_as_well() -> None:
    """Of a model that is not known it may be so."""
    refusal = Refusal(rule="r", status=400, body="no", source="s", models="^a", wires=("chat",))
    server = Server(profile=SERVER.profile, conditional=(Conditional(variant="v", when="w", refusal=refusal),))
    assert server.condition("r") is not None
    assert server.condition("r", "ab") is not None
    assert server.condition("r", "b") is None
    assert server.condition("r", "a", "responses") is None


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
