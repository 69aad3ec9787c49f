"""A program that stands in for a CLI: it does what a script says, run by run, and writes down how it was called."""

import json
import sys
from pathlib import Path
from typing import Any

_SOURCE = """\
import json, os, signal, subprocess, sys
home = {home!r}
with open(home + "/calls.jsonl", "a+") as calls:
    calls.seek(0)
    number = len(calls.readlines())
    said = "" if sys.stdin is None else sys.stdin.read()
    calls.write(json.dumps(dict(argv=sys.argv[1:], said=said, env=dict(os.environ), cwd=os.getcwd())) + "\\n")
runs = json.load(open(home + "/script.json"))
run = runs[min(number, len(runs) - 1)]
if run.get("deaf"):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
for line in run.get("lines", []):
    sys.stdout.write((line if isinstance(line, str) else json.dumps(line)) + "\\n")
sys.stdout.flush()
sys.stderr.write(run.get("stderr", ""))
sys.stderr.flush()
for _ in range(run.get("children", 0)):
    child = subprocess.Popen([sys.executable, "-ISc", "import time; time.sleep(600)"], start_new_session=True)
    open(home + "/pids", "a").write(f"{{child.pid}}\\n")
open(home + "/pids", "a").write(f"{{os.getpid()}}\\n")
if run.get("hang"):
    open(home + "/hanging", "w").close()
    signal.pause()
    while True:
        signal.pause()
sys.stdout.write(run.get("tail", ""))
sys.stdout.flush()
os._exit(run.get("exit", 0))
"""


class Standin:
    """The program `name` in a directory of its own, for PATH."""

    def __init__(self, home: Path, name: str, *runs: dict[str, Any]) -> None:
        self.home = home
        home.mkdir(parents=True, exist_ok=True)
        (home / "script.json").write_text(json.dumps(runs))
        self.path = home / name
        self.path.write_text(f"#!{sys.executable} -IS\n" + _SOURCE.format(home=str(home)))
        self.path.chmod(0o755)

    @property
    def calls(self) -> list[dict[str, Any]]:
        """How it was called, run by run."""
        return [json.loads(line) for line in (self.home / "calls.jsonl").read_text().splitlines()]

    @property
    def hanging(self) -> bool:
        """Whether a run has come to where it waits for ever."""
        return (self.home / "hanging").exists()

    def living(self) -> list[int]:
        """The processes of it, and of its children, that are alive."""
        pids = [int(line) for line in (self.home / "pids").read_text().split()]
        return [pid for pid in pids if _lives(pid)]


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False
