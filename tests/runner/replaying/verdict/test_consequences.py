"""Promises of `nexdiag.runner.replaying.verdict.consequences`."""

from made import chat, recorded, said, user

from nexdiag.core.exchange import Request
from nexdiag.replay.matching.matcher import Matcher, Miss
from nexdiag.runner.replaying.verdict.consequences import Missed, Root, roots

RECORDED = (
    recorded(0, chat(user("one")), turn=1),
    recorded(1, chat(user("one"), said("a"), user("two")), turn=2),
    recorded(2, chat(user("one"), said("a"), user("two"), said("b"), user("three")), turn=3),
)


def judged(*requests: Request, rerun: bool = False) -> tuple[Root, ...]:
    """What becomes of requests without a recording; in a rerun it is known where each belongs."""
    matcher, missed = Matcher(RECORDED), []
    for place, request in enumerate(requests):
        found = matcher.find(request)
        assert isinstance(found, Miss)
        known = {"session": "", "turn": place + 1, "due": RECORDED[place]} if rerun else {}
        missed.append(Missed(place=place, miss=found, **known))
    return roots(missed, RECORDED)


def test_what_carries_the_changed_message_is_a_consequence() -> None:
    """A client that goes on with a changed history diverged once: the rest is counted."""
    (root,) = judged(
        chat(user("ONE")),
        chat(user("ONE"), said("a"), user("two")),
        chat(user("ONE"), said("a"), user("two"), said("b"), user("three")),
    )
    assert (root.missed.place, root.consequences, root.own) == (0, (1, 2), ())


def test_another_answer_in_the_history_is_a_consequence() -> None:
    """What a model said after the change is not what the client changed."""
    (root,) = judged(chat(user("ONE")), chat(user("ONE"), said("another answer"), user("two")))
    assert (root.consequences, root.own) == ((1,), ())


def test_the_same_request_again_is_a_consequence() -> None:
    """A client that tries again after the 599 has not diverged twice."""
    (root,) = judged(chat(user("ONE")), chat(user("ONE")))
    assert root.consequences == (1,)


def test_in_a_rerun_what_follows_a_599_is_its_consequence() -> None:
    """The turn failed, so its answer is missing from the history, and two messages of the user are joined."""
    (root,) = judged(chat(user("ONE")), chat(user("two")), chat(user("two\n\nthree"), temperature=None), rerun=True)
    assert root.consequences == (1,)
    (root,) = judged(chat(user("ONE")), chat(user("ONE\n\ntwo")), chat(user("ONE\n\ntwo\n\nthree")), rerun=True)
    assert root.consequences == (1, 2)


def test_a_difference_in_what_a_later_request_adds_is_its_own() -> None:
    """Another message that no recording knows, or a field that did not differ before, is no consequence."""
    (root,) = judged(
        chat(user("ONE")), chat(user("ONE"), said("a"), user("drei")), chat(user("ONE"), said("a"), user("two"), n=2)
    )
    assert (root.consequences, root.own) == ((), (1, 2))


def test_a_field_that_differs_everywhere_is_one_divergence() -> None:
    """What every request has otherwise is told once."""
    (root,) = judged(chat(user("one"), n=2), chat(user("one"), said("a"), user("two"), n=2), rerun=True)
    assert root.consequences == (1,)


def test_another_conversation_diverges_by_itself() -> None:
    """Requests that share nothing with the one that changed are a divergence of their own."""
    found = judged(chat(user("ONE")), chat(user("elsewhere")), chat(user("ONE"), said("a"), user("two")))
    assert [(root.missed.place, root.consequences) for root in found] == [(0, (2,)), (1, ())]


def test_what_only_carries_a_second_difference_is_no_third() -> None:
    """The second is told once: what goes on from it adds nothing of its own."""
    (root,) = judged(
        chat(user("ONE")),
        chat(user("ONE"), user("zwei")),
        chat(user("ONE"), user("zwei"), user("three")),
    )
    assert (root.own, root.consequences) == ((1,), (2,))
