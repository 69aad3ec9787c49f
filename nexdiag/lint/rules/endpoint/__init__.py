"""Rules on the address, and on the name of the model. One rule a file."""

from nexdiag.lint.rule import Rule
from nexdiag.lint.rules.endpoint import (
    base_url_missing_v1,
    base_url_wrong_dialect,
    model_name_prefix,
    model_not_found,
)

RULES: tuple[Rule, ...] = (
    base_url_missing_v1.RULE,
    model_name_prefix.RULE,
    base_url_wrong_dialect.RULE,
    model_not_found.RULE,
)
