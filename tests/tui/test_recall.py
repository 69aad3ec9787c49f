"""The input history."""

from nexdiag.tui.recall import Recall


def test_up_and_down_come_back_to_what_was_being_typed() -> None:
    recall = Recall(["one", "two"])
    assert recall.older("dra") == "two"
    assert recall.older("two") == "one"
    assert recall.older("one") is None
    assert recall.newer() == "two"
    assert recall.newer() == "dra"
    assert recall.newer() is None


def test_the_same_twice_is_kept_once_and_nothing_grows_for_ever() -> None:
    recall = Recall()
    for text in ("a", "a", "", "b"):
        recall.add(text)
    assert recall.said == ["a", "b"]
    for at in range(1000):
        recall.add(str(at))
    assert len(recall.said) == 200
