"""How much more than its own size a recording may stand for: a small file must not fill the memory of who reads it.

Law: what the encoder wrote is never refused. Each of its lines keeps to `TIMES`, each of its chains to `AGAIN`, and so
do these lines in whatever file they stand.
"""

AT_LEAST = 2**26
"""Bytes that any file may stand for, however small it is."""
TIMES = 200
"""How many times its own size a file may stand for beyond that. Streams come to 20 to 40 times."""
AGAIN = 2**26
"""Bytes of one chain that are there only as repetitions (`like`)."""
LONGEST_LIST = 256
"""Headers of a list that lines refer to. A longer one stands in each line itself."""
LONGEST_SEPARATOR = 64
"""Bytes between two parts of a body. With more of them it is kept as text."""
LONGEST_SAID = 35 * TIMES
"""Characters of what a turn began with that may be a reference: its line has 35 bytes at least."""


class Room:
    """What a file may still make beyond what it holds."""

    def __init__(self, size: int) -> None:
        """`size`: bytes of the file."""
        self._left = AT_LEAST + TIMES * size

    def take(self, made: int) -> None:
        """So many bytes come of a few in the file. Raises ValueError if that is too much."""
        self._left -= made
        if self._left < 0:
            raise ValueError(f"the file stands for more than {AT_LEAST >> 20} MiB and {TIMES} times its size")
