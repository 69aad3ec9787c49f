"""What a rendering comes to, in words alone."""

import subprocess
import sys

import pytest

from nexdiag.lint.template.outcome import manner_of


@pytest.mark.parametrize(
    ("profile", "manner"),
    [("vllm", "transformers"), ("sglang", "transformers"), ("llama.cpp", "llama.cpp"), ("unknown", "llama.cpp")],
)
def test_the_server_decides_who_renders(profile: str, manner: str) -> None:
    """Where it is not known, the engine that forgives more: no false alarm."""
    assert manner_of(profile) == manner


def test_nobody_pays_for_jinja2_who_gives_no_template() -> None:
    """The words, the server's own checks and the rules come without it."""
    code = (
        "import sys, nexdiag.lint.engine, nexdiag.lint.template.outcome, nexdiag.lint.template.server_checks, "
        "nexdiag.lint.template.conversation, nexdiag.lint.rules.order.template_refuses; print('jinja2' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
