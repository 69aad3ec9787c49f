"""Shapes add up: in any order, however divided, and however many names a hostile recording has."""

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nexdiag.diff.drift import seeing, shape
from nexdiag.diff.drift.corpus import Key, Shapes
from nexdiag.diff.drift.seeing import Reader
from nexdiag.diff.drift.shape import DEEPEST, Node, is_choice
from nexdiag.diff.drift.storing import packed, unpacked

NAMES = ["a", "b", "c", "type", "content", "metadata", "parameters", "12", "x" * 70]
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["stop", "length", "text", "a b", "é" * 90])
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5),
    max_leaves=14,
)


def learned(values: list[tuple[int, Any]]) -> Shapes:
    """The shape of some exchanges, in their order."""
    shapes, reader = Shapes(), Reader()
    for number, value in sorted(values, key=lambda one: one[0]):
        reader.at("f", number)
        reader.see(shapes.root(Key("s", "response", f"GET /{number % 3}", "json")), value, by=("type",))
        shapes.answered_by(f"s v{number % 4}")
    return shapes


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounds so low that most examples pass them."""
    monkeypatch.setattr(shape, "MOST_KEYS", (3, 2))
    for module in (shape, seeing):
        monkeypatch.setattr(module, "MOST_VALUES", 2)
    monkeypatch.setattr(shape, "MOST_BRANCHES", 1)
    monkeypatch.setattr("nexdiag.diff.drift.corpus.MOST_ENDPOINTS", 2)
    monkeypatch.setattr("nexdiag.diff.drift.corpus.MOST_SERVERS", 3)


def divided(values: list[Any], parts: int, seed: int) -> bytes:
    """The same, learned in parts that are added up in some order."""
    chance = random.Random(seed)  # noqa: S311 - for a test
    groups: list[list[tuple[int, Any]]] = [[] for _ in range(parts)]
    for number, value in enumerate(values):
        groups[chance.randrange(parts)].append((number, value))
    shapes = [unpacked(packed(learned(group))) for group in groups]
    chance.shuffle(shapes)
    while len(shapes) > 1:  # in any tree: (a + b) + (c + d), a + (b + ...)
        one = shapes.pop(chance.randrange(len(shapes)))
        shapes[chance.randrange(len(shapes))].merge(one)
    return packed(shapes[0])


@settings(max_examples=30)
@given(st.lists(VALUES, max_size=8), st.integers(1, 4), st.integers(0, 999))
def test_any_division_gives_the_same_bytes(values: list[Any], parts: int, seed: int) -> None:
    """However exchanges are divided and added up, the shape is the same to the byte."""
    assert divided(values, parts, seed) == packed(learned(list(enumerate(values))))


@pytest.mark.parametrize("values", [[{"a": 1}, {"type": "stop"}], [{"type": "stop"}, {"a": 1}]])
def test_an_object_of_a_kind_has_no_field_beside_the_kinds(values: list[Any]) -> None:
    """Where a field was first lacked is the same, read by one or added up."""
    apart = [(3 * at, one) for at, one in enumerate(values)]
    added, whole = learned(apart[:1]), learned(apart)
    added.merge(learned(apart[1:]))
    assert packed(added) == packed(whole)
    (node,) = whole.roots.values()
    assert node.children["a"].lacked is not None


@pytest.mark.usefixtures("small")
def test_the_same_where_bounds_are_passed() -> None:
    """What is folded because it is too much is folded to the same, whenever that comes out."""

    @settings(max_examples=60)
    @given(st.lists(VALUES, min_size=2, max_size=8), st.integers(2, 4), st.integers(0, 999))
    def check(values: list[Any], parts: int, seed: int) -> None:
        assert divided(values, parts, seed) == packed(learned(list(enumerate(values))))

    check()


def of(*values: object) -> Node:
    """The node of some values, each of an exchange of its own."""
    node, reader = Node(), Reader()
    for number, value in enumerate(values):
        reader.at("f", number)
        reader.see(node, value)
    return node


def test_a_hundred_thousand_names_are_one_place() -> None:
    """Names without end are taken for data: the shape stays small, and says so."""
    node = of({f"k{number}": {f"j{number}": 1} for number in range(20_000)})
    assert node.folded
    assert sum(1 for _ in node.walk()) < 10
    assert list(node.children) == ["{*}"]
    ids = of({"chatcmpl-a1b2c3d4": 1, "0d9f9f3e-3c9f-4f0e-9d3e-111122223333": 2, "17": 3, "x": 4})
    assert sorted(ids.children) == ["x", "{*}"]


def test_what_is_too_deep_is_told() -> None:
    """A value of a hundred levels is looked into as far as a stack bears."""
    value: Any = 1
    for _ in range(100):
        value = {"a": value}
    nodes = [node for _, node in of(value).walk()]
    assert len(nodes) == DEEPEST + 1
    assert nodes[-1].deep


@pytest.mark.parametrize(
    ("texts", "name", "choice"),
    [
        (["stop", "length"] * 20, "reason", True),
        (["stop", "length"] * 10, "reason", False),  # fewer than thirty
        ([f"w{number % 20}" for number in range(40)], "reason", False),  # too many kinds
        (["stop"] * 28 + ["a", "b"], "reason", False),  # the next would be a new one
        (["yes", "no"] * 20, "content", False),  # a text of people
        (["two words", "stop"] * 20, "reason", False),
        (["stop"], "finish_reason", True),  # known for a choice
    ],
)
def test_a_choice_is_few_short_words_that_come_again(texts: list[str], name: str, choice: bool) -> None:
    """By numbers that add up, and by what is known of names."""
    node = of(*({name: text} for text in texts))
    assert is_choice(node.children[name], name) is choice


@pytest.mark.parametrize("first", [True, False])
def test_a_published_kind_stays_apart_whenever_it_comes(first: bool) -> None:
    """Before those that nobody published became too many, or after; read by one, or added up from parts."""
    odd = [{"type": f"k{at}"} for at in range(shape.MOST_BRANCHES + 1)]
    values = [(3 * at, one) for at, one in enumerate([{"type": "text"}, *odd] if first else [*odd, {"type": "text"}])]
    whole, added = learned(values), Shapes()
    for value in values:
        added.merge(unpacked(packed(learned([value]))))
    for made in (whole, added):
        (node,) = made.roots.values()
        assert sorted(node.branches) == [shape.ANY_BRANCH, "[type=text]"]
