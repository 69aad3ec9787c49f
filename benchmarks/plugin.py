"""What the pytest plugin costs a suite that does not ask for it: the time to collect nothing, with it and without.

Run it with: python benchmarks/plugin.py [ROUNDS]

No other plugins are loaded: what they import anyway would be counted for nothing. The two are run in turn, so that a
busy machine disturbs both alike; what counts is the median of the differences of neighbours. CPU time of the child is
measured beside the clock's: it is what a busy machine changes least. Ends with 1 if the plugin costs more than the
15 ms that are promised, in CPU time.
"""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time

PROMISED = 15.0
"""Milliseconds."""
ROUNDS = 40
WITH = ("-p", "nexdiag.pytest_plugin")
WITHOUT: tuple[str, ...] = ()
IMPORTED = """
import sys, pytest
before = set(sys.modules)
import nexdiag.pytest_plugin
print(len([name for name in sys.modules if name not in before]))
"""
NOTHING_COLLECTED = 5
ALONE = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}


def cost(directory: str, arguments: tuple[str, ...]) -> tuple[float, float]:
    """Milliseconds of one run: by the clock, and of CPU."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *arguments]
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, cwd=directory, stdout=subprocess.DEVNULL, check=False, env=ALONE)  # noqa: S603 - our own
    clock, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == NOTHING_COLLECTED, f"wanted an empty suite, pytest ended with {done.returncode}"
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return clock * 1000, used * 1000


def main() -> int:
    """Measure, print, judge."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    differences: list[tuple[float, float]] = []
    baseline: list[float] = []
    with tempfile.TemporaryDirectory() as directory:
        cost(directory, WITH)  # bytecode is written once
        for number in range(rounds):
            first, second = (WITH, WITHOUT) if number % 2 else (WITHOUT, WITH)
            one, other = cost(directory, first), cost(directory, second)
            there, gone = (one, other) if first is WITH else (other, one)
            differences.append((there[0] - gone[0], there[1] - gone[1]))
            baseline.append(gone[1])
    clock, used = (statistics.median(one[place] for one in differences) for place in (0, 1))
    print(f"an empty suite without the plugin   {statistics.median(baseline):8.1f} ms of CPU")
    print(f"the plugin                          {used:8.1f} ms of CPU, {clock:.1f} ms by the clock, {rounds} rounds")
    imported = subprocess.run([sys.executable, "-c", IMPORTED], capture_output=True, text=True, check=True)  # noqa: S603 - our own
    print(f"modules that it imports             {int(imported.stdout):8}")
    print(f"promised                            {PROMISED:8.1f} ms")
    return int(used > PROMISED)


if __name__ == "__main__":
    sys.exit(main())
