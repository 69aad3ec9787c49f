"""`nexdiag nex`: the executor in this terminal."""
NAME = "nex"
EXAMPLE = "Example: nexdiag nex 'What is in README.md?' -m qwen3-coder -e http://127.0.0.1:8080"


def command() -> None:
    """Talk to a model in this terminal."""
