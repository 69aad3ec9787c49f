"""What a rule is made of."""

from nexdiag.lint.rule import Rule, patterns

RULE = Rule(
    name="a-fault",
    code="NX999",
    family="test",
    page="One line.\n\n## What it does\n",
    words=patterns("several causes"),
    telling=patterns("one cause"),
    statuses=(400,),
)


def test_the_summary_is_the_first_line_of_the_page() -> None:
    """It is written once."""
    assert RULE.summary == "One line."


def test_words_explain_and_some_of_them_tell() -> None:
    """Words with several causes explain a fault that is seen; only words with one cause tell of one that is not."""
    assert RULE.explains("it has SEVERAL\nCAUSES, or several causes", 400)
    assert not RULE.tells("several causes", 400)
    assert RULE.tells("one cause", 400)


def test_the_status_must_fit() -> None:
    """The same words under another status are another matter."""
    assert not RULE.explains("one cause", 404)
    assert not RULE.tells("one cause", None)
