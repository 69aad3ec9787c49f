"""What stands beside README.md for the test that runs it: a reader of the raw text should not meet comments there."""

_CHAT = (
    '<!-- test: given: cp chat.cassette.jsonl cassettes/ --><!-- test: given: nexdiag capture -- ./my-agent "hi" -->'
)
ASIDES = {
    "README.md": {
        "python3 -m venv .venv && .venv/bin/pip install -q '.[llama]' && .venv/bin/nexdiag demo": (
            "<!-- test: not run: it downloads packages; tests/cli/test_demo.py runs the demo -->"
        ),
        "python3 -m venv .venv && .venv/bin/pip install -q -e '.[dev,llama]' && .venv/bin/pytest -n 2": (
            "<!-- test: not run: it downloads packages, and runs this very suite -->"
        ),
        "nexdiag replay cassettes/": "<!-- test: given: rm -r cassettes/stub-of-azure cassettes/stub-of-sglang -->",
        "nexdiag replay chat --fault status:429@2,retry-after=1 --fault cut@3#5": _CHAT,
        "nexdiag lint cassettes/": ("<!-- test: exit: 1 1 0 1 1 0 1 -->"),
        "nexdiag diff passing.cassette.jsonl failing.cassette.jsonl": (
            "<!-- test: given: mkdir -p cassettes/old cassettes/new -->"
            "<!-- test: given: cp chat.cassette.jsonl cassettes/old -->"
            "<!-- test: given: cp five.cassette.jsonl cassettes/new -->"
            "<!-- test: exit: 1 0 0 0 0 -->"
        ),
        "nexdiag init": (
            "<!-- test: not run nexdiag init: no server of the tests is where it looks; tests/cli/test_init.py -->"
            "<!-- test: given: nexdiag init -e http://127.0.0.1:8080 -m qwen3-coder -->"
            "<!-- test: given: nexdiag service start -->"
            "<!-- test: not run tui: it wants a terminal; tests/tui runs it in one -->"
        ),
    },
    "docs/reference/commands.md": {
        "nexdiag replay cassettes/": (
            "<!-- test: given: rm -r cassettes/stub-of-azure cassettes/stub-of-sglang -->"
            "<!-- test: given: cp chat.cassette.jsonl cassettes/ -->"
        ),
        "nexdiag diff passing.cassette.jsonl failing.cassette.jsonl": (
            "<!-- test: given: mkdir before after && cp chat.cassette.jsonl before && cp chat.cassette.jsonl after -->"
            "<!-- test: exit: 1 0 0 0 -->"
        ),
        "nexdiag drift cassettes/ --write shape.json": "<!-- test: exit: 0 0 1 -->",
        "nexdiag lint cassettes/ --profile vllm": "<!-- test: exit: 1 0 1 -->",
        "nexdiag report cassettes/ --format html -o reports/cassettes.html": "<!-- test: exit: 1 0 0 -->",
        "nexdiag convert chat.har chat.cassette.jsonl": (
            "<!-- test: given: mv chat.cassette.jsonl a.cassette.jsonl -->"
        ),
        "nexdiag demo --keep": "<!-- test: not run: tests/cli/test_demo.py runs it, and it takes a while -->",
        "nexdiag init": (
            "<!-- test: not run =nexdiag init: no server of the tests is where it looks; tests/cli/test_init.py -->"
        ),
        "nexdiag chat 'What day is it?'": "<!-- test: given: nexdiag service start -->",
        "nexdiag tui": "<!-- test: not run: it wants a terminal; tests/tui runs it in one -->",
        "nexdiag cassette prune long.cassette.jsonl --turns 2-5 --no-log -o short.cassette.jsonl": (
            "<!-- test: given: cp greeting.cassette.jsonl long.cassette.jsonl -->"
        ),
        "nexdiag cassette git-setup": "<!-- test: given: git init -q . -->",
        "nexdiag service start --cassette smoke.cassette.jsonl": "<!-- test: given: nexdiag service stop -->",
        "nexdiag service status": "<!-- test: given: nexdiag service start -->",
        "nexdiag service logs -n 50": "<!-- test: not run logs -f: it follows the log until Ctrl-C -->",
        "nexdiag service run": "<!-- test: not run: it is what service start starts, in the foreground -->",
        "nexdiag session archive chat-3": (
            "<!-- test: given: nexdiag chat --create one --><!-- test: given: nexdiag chat --create two -->"
            "<!-- test: given: nexdiag chat --create three -->"
        ),
    },
}
