"""What a rule is given."""

import pytest

from nexdiag.lint.profiles import UNKNOWN
from nexdiag.lint.seen.bare import BareExchange
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.history import History
from nexdiag.lint.seen.past import Past
from nexdiag.lint.seen.view import of_bare


@pytest.mark.parametrize(("request_", "model"), [({"model": "m"}, "m"), ({"model": 5}, ""), ({}, ""), (None, "")])
def test_the_model_is_a_text(request_: object, model: str) -> None:
    """Whatever the request holds under that name."""
    assert Case(of_bare(BareExchange(request=request_)), History(), UNKNOWN, Past()).model == model
