"""Our verdict on a request, against that of mistral-common's validator: run me with `python -m agreement.mistral 10000`.

For each version of the tokenizer: does the profile refuse what the validator refuses, and does the first finding explain
its words. What disagrees for a reason that is known stands in `REASONS`, and in docs/reference/agreement.md.
"""

from mistral_common.protocol.instruct.validator import ValidationMode, get_validator
from mistral_common.tokens.tokenizers.base import TokenizerVersion

VERSIONS = ("v1", "v2", "v3", "v7", "v11", "v13", "v15")
_VALIDATORS = {one: get_validator(TokenizerVersion(one), ValidationMode.serving) for one in VERSIONS}
