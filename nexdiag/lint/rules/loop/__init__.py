"""Rules on what an agent loop does from request to request. One rule a file."""

from nexdiag.lint.rule import Rule
from nexdiag.lint.rules.loop import (
    compaction_without_effect,
    deterministic_error_retried,
    id_drift,
    output_cut_short,
    prompt_cache_prefix_broken,
    repeated_identical_call,
    retried_without_reason,
)

RULES: tuple[Rule, ...] = (
    compaction_without_effect.RULE,
    deterministic_error_retried.RULE,
    id_drift.RULE,
    output_cut_short.RULE,
    prompt_cache_prefix_broken.RULE,
    repeated_identical_call.RULE,
    retried_without_reason.RULE,
)
