"""Promises of `nexdiag.diff.align`."""

from unittest import mock

from hypothesis import given
from hypothesis import strategies as st

from nexdiag.diff import align
from nexdiag.diff.align import aligned

few = st.lists(st.sampled_from("abcdef"), max_size=12)


@given(few, few)
def test_every_entry_stands_once_and_in_order(left: list[str], right: list[str]) -> None:
    """Whatever is equal or not: no entry is lost, none is told twice, and no two pairs cross."""
    pairs = list(aligned(left, right, lambda i, j: 0.5))
    assert [i for i, _ in pairs if i is not None] == list(range(len(left)))
    assert [j for _, j in pairs if j is not None] == list(range(len(right)))
    if left == right:
        assert all(i == j for i, j in pairs)


def test_an_entry_put_in_moves_no_other() -> None:
    """Among repeats as well."""
    assert list(aligned("aaba", "aacba", lambda i, j: 0.5)) == [(0, 0), (1, 1), (None, 2), (2, 3), (3, 4)]


def test_kinship_says_who_became_whom() -> None:
    """Zero is nobody."""
    kin = {("x", "X"): 1.0}
    pairs = list(aligned("xy", "YX", lambda i, j: kin.get(("xy"[i], "YX"[j]), 0.0)))
    assert pairs == [(None, 0), (0, 1), (1, None)]


def test_long_sequences_with_edits_are_aligned_by_what_stands_once() -> None:
    """Beyond what is looked at pair by pair: entries that stand once on both sides cut it into pieces."""
    left = [str(n) if n % 3 else "again" for n in range(20_000)]
    right = [*left[:100], "new", *left[100:9000], *left[9001:]]
    pairs = [(i, j) for i, j in aligned(left, right, lambda i, j: 0.0) if i is None or j is None or left[i] != right[j]]
    assert pairs == [(None, 100), (9000, None)]


@given(few, few)
def test_where_runs_cost_too_much_the_longest_chain_is_taken(left: list[str], right: list[str]) -> None:
    """As many equal entries as any alignment has, each pair of them looked at once."""
    with mock.patch.object(align, "_MOST_WORK", -1):
        pairs = list(aligned(left, right, lambda i, j: 0.0))
    assert [i for i, _ in pairs if i is not None] == list(range(len(left)))
    assert [j for _, j in pairs if j is not None] == list(range(len(right)))
    best = [[0] * (len(right) + 1) for _ in range(len(left) + 1)]
    for i, one in enumerate(left):
        for j, other in enumerate(right):
            best[i + 1][j + 1] = best[i][j] + 1 if one == other else max(best[i][j + 1], best[i + 1][j])
    equal = sum(i is not None and j is not None and left[i] == right[j] for i, j in pairs)
    assert equal == best[-1][-1]
