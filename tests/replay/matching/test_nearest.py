"""Promises of `nexdiag.replay.matching.nearest`."""

from hypothesis import given
from hypothesis import strategies as st

from nexdiag.replay.matching.canonical import digest
from nexdiag.replay.matching.forms import FormNode
from nexdiag.replay.matching.nearest import Tree
from nexdiag.replay.matching.queued import Queue

words = st.lists(st.sampled_from("ab"), max_size=4).map("".join)


def node(word: str) -> FormNode:
    """A conversation of one message for each letter."""
    made = FormNode(None, digest())
    for letter in word:
        made = FormNode(made, digest(made.digest, letter.encode()))
    return made


def tree(recorded: list[str], spent: set[int]) -> Tree:
    """Their tree; equal ones are one kind."""
    made, queues = Tree(), {word: Queue(spent) for word in recorded}
    for place, word in enumerate(recorded):
        queues[word].places.append(place)
        made.put(node(word), place, word.encode(), queues[word])
    made.close()
    return made


def common(one: str, other: str) -> int:
    """How many letters both begin with."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


@given(st.lists(words, max_size=8), st.lists(st.tuples(words, st.booleans()), max_size=12))
def test_it_finds_what_looking_at_all_of_them_finds(recorded: list[str], asked: list[tuple[str, bool]]) -> None:
    """The longest beginning, then the shortest of what is left; whatever was used in between."""
    spent: set[int] = set()
    made = tree(recorded, spent)
    for word, use in asked:
        longest = max((common(word, one) for one in recorded), default=0)
        branch = made.shared(node(word))
        assert (branch.depth if branch else 0) == longest
        left = [place for place in range(len(recorded)) if place not in spent]
        best = max((common(word, recorded[place]) for place in left), default=0)
        alive = made.alive(branch) if branch else None
        assert (alive.depth if alive else 0) == best
        if alive is None:
            continue
        fits = [place for place in left if common(word, recorded[place]) == best]
        fewest = min(len(recorded[place]) for place in fits)
        kinds = {recorded[place]: place for place in reversed(fits) if len(recorded[place]) == fewest}
        found = list(made.going_on(alive))
        assert sorted(found) == sorted(kinds.values())
        assert found[0] == min(found)
        if use:
            spent.add(found[0])


def test_a_long_chat_that_was_used_is_climbed_once() -> None:
    """A thousand look-ups at the end of a chat of which the beginning alone is left climb its length once."""
    spent: set[int] = set()
    made = tree(["a" * size for size in range(1, 1001)], spent)
    spent |= set(range(1, 1000))
    looked: list[object] = []
    going_on = made.going_on
    made.going_on = lambda branch: looked.append(branch) or going_on(branch)  # type: ignore[method-assign,func-returns-value]
    end = made.shared(node("a" * 1000))
    assert end is not None
    for _ in range(1000):
        found = made.alive(end)
        assert found is not None
        assert next(iter(going_on(found))) == 0
    assert len(looked) < 3100
