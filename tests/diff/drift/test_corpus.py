"""Shapes by server, direction, endpoint and form."""

from drifting import answer, corpus, exchange, recorded, response, shapes

from nexdiag.diff.drift.corpus import MOST_ENDPOINTS, MOST_SERVERS, OTHER, has_error, merged
from nexdiag.diff.drift.storing import packed


def test_shapes_are_apart_by_server_and_version_and_can_be_chosen() -> None:
    """The system's fingerprint is the version; a comparison takes all together, or some."""
    new = corpus(2, lambda made, _: made.update(system_fingerprint="fp2", x=1))
    both = shapes(corpus(3), new)
    assert both.servers == {"openai fp1": 3, "openai fp2": 2}
    assert both.of()["response", "chat", "json"].exchanges == 5
    assert "x" not in both.of(["openai fp1"])["response", "chat", "json"].children
    assert both.of(["nobody"]) == {}


def test_parts_add_up_to_the_whole() -> None:
    """Recordings learned one by one and together are the same shape, in any order."""
    one, two = corpus(3), corpus(2, lambda made, _: made.pop("usage"))
    from nexdiag.diff.drift.reading import learned  # noqa: PLC0415 - beside its only use

    parts = [learned([(two, "b", "openai")]), learned([(one, "a", "openai")])]
    assert packed(merged(parts)) == packed(shapes(one, two))


def test_endpoints_and_versions_without_end_are_folded() -> None:
    """A path, or a version, for each exchange is no reason to grow."""
    many = recorded(
        *(
            exchange(
                at,
                {},
                response(answer(lambda made, n: made.update(system_fingerprint=f"v{n}"), at)),
                url=f"http://h/p{chr(97 + at % 26)}{chr(97 + at // 26)}",
            )
            for at in range(3 * MOST_ENDPOINTS)
        )
    )
    made = shapes(many)
    assert {key.endpoint for key in made.roots} == {OTHER}
    assert made.servers == {"openai": 3 * MOST_ENDPOINTS}
    assert len(made.roots) <= 2 * MOST_SERVERS


def test_an_error_under_success_is_told_from_a_response_that_failed() -> None:
    """The Responses wire names its error in every answer, mostly as null."""
    assert has_error({"error": {"message": "no"}})
    assert not has_error({"error": None})
    assert not has_error({"object": "response", "error": {"code": "x"}})
    assert not has_error([])
