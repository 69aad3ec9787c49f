"""What it costs to learn the shape of recordings, and that several processes learn the same.

For chats of 100, 300 and 1000 turns that send their whole history each time, with tools, and stream their answers:
exchanges learned in a second, how the time grows with the turns, and the size of the shape. Then a corpus of files on
disk, read by this process and by two: seconds, and whether the bytes are equal.

Times of one process are seconds of the processor, the least of several runs. The exit status is 1 if fewer than 2,500
exchanges are learned in a second, if the time grows with more than the turns (exponent over 1.3), or if two processes
learn anything else than one.

Run it with: nox -s bench        (or: python benchmarks/drift.py [TURNS ...])
"""

import math
import sys
import tempfile
import time
from pathlib import Path

from linting import RUNS, TURNS, recording, seconds

from nexdiag.codec import cassette as codec
from nexdiag.core.cassette import SUFFIX
from nexdiag.diff.drift.reading import learned
from nexdiag.diff.drift.storing import packed
from nexdiag.runner.drifting.corpus import learn

LEAST = 2500
"""Exchanges in a second, of the longest chat."""
STEEPEST = 1.3
FILES, EACH = 24, 100
"""Recordings on disk, and turns of each."""


def one(turns: int) -> tuple[float, int]:
    """Seconds to learn such a recording, and bytes of its shape."""
    taken = []
    for run in range(RUNS):
        cassette = recording(turns, run)
        taken.append(seconds(lambda cassette=cassette: learned([(cassette, "a", "")])))
    return min(taken), len(packed(learned([(cassette, "a", "")])))


def pooled() -> bool:
    """Print what a directory costs by one process and by two; whether they learn the same."""
    with tempfile.TemporaryDirectory() as folder:
        for place in range(FILES):
            (Path(folder) / f"{place:02}{SUFFIX}").write_bytes(codec.encode(recording(EACH, place)))
        made, took = [], []
        for jobs in (1, 2):
            began = time.perf_counter()
            made.append(packed(learn([Path(folder)], jobs=jobs).shapes))
            took.append(time.perf_counter() - began)
    equal = made[0] == made[1]
    print(f"{FILES} files, {FILES * EACH:,} exchanges: {took[0]:.2f} s by one process, {took[1]:.2f} s by two")
    print(f"the same bytes: {'yes' if equal else 'NO'}")
    return equal


def main(turns: tuple[int, ...]) -> int:
    """Print the table; 1 where a floor is not kept."""
    taken: dict[int, float] = {}
    print("turns   exchanges/s   ms for all   bytes of the shape")
    for count in turns:
        taken[count], size = one(count)
        print(f"{count:5}   {count / taken[count]:11,.0f}   {taken[count] * 1e3:10.1f}   {size:18,}")
    first, last = min(turns), max(turns)
    exponent = math.log(taken[last] / taken[first]) / math.log(last / first) if first != last else 1.0
    print(f"growth from {first} to {last} turns: exponent {exponent:.2f} (1 is linear in new text)")
    kept = last / taken[last] >= LEAST and exponent <= STEEPEST
    print(f"at least {LEAST:,} exchanges/s, exponent at most {STEEPEST}: {'met' if kept else 'MISSED'}")
    return int(not (pooled() and kept))


if __name__ == "__main__":
    sys.exit(main(tuple(int(word) for word in sys.argv[1:]) or TURNS))
