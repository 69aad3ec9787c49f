"""What the providers behind a gateway refuse: one statement for each fault, of the provider that is best known."""

from nexdiag.core.endpoint import Limits, Refusal
from nexdiag.lint.profiles import anthropic, gemini, openai

BEHIND: dict[str, tuple[str, Refusal]] = {
    refusal.rule: (title, refusal)
    for title, refusals in (
        ("Gemini", gemini.PROFILE.refuses),
        ("Anthropic", anthropic.CHECKS),
        ("OpenAI", openai.REFUSES),
    )
    for refusal in refusals
}
"""By rule: the provider's name, and what it says. The later provider's words stand."""

CHECKED = Limits(tools=openai.PROFILE.limits.tools, null_content=openai.PROFILE.limits.null_content)
"""What a strict one of them checks by numbers and lists."""
