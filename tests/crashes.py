"""What fails at its so manieth write: a process that is killed there, or a disk that is full there."""

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Acknowledge = Callable[[str], None]
_WRITES = ("write", "fdatasync", "fsync", "replace", "open", "link", "unlink", "rename", "mkdir", "ftruncate")


def killed_at(point: int, play: Callable[[Acknowledge], None], *, torn: bool = False) -> tuple[bool, list[str]]:
    """Play in a child that dies at its so manieth write; whether it died, and what it had acknowledged."""
    source, sink = os.pipe()
    child = os.fork()
    if child == 0:
        acknowledged = os.fdopen(sink, "w")
        write, left = os.write, [point]

        def dies(call: Callable[..., object], *, half: bool = False) -> Callable[..., object]:
            def replaced(*arguments: object, **options: object) -> object:
                left[0] -= 1
                if left[0] == 0:
                    if half and torn:
                        descriptor, content = arguments
                        assert isinstance(descriptor, int)
                        assert isinstance(content, memoryview | bytes)
                        write(descriptor, content[: len(content) // 2])
                    os._exit(9)
                return call(*arguments, **options)

            return replaced

        for name in _WRITES:
            setattr(os, name, dies(getattr(os, name), half=name == "write"))
        try:
            play(lambda text: print(text, file=acknowledged, flush=True))
        except BaseException:  # noqa: BLE001 - a child of fork must never come back into the tests
            os._exit(1)
        os._exit(0)
    os.close(sink)
    with os.fdopen(source) as received:
        lines = received.read().splitlines()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in {0, 9}, code
    return code == 9, lines


@contextmanager
def full_at(point: int) -> Iterator[list[int]]:
    """The disk is full at the so manieth write or flush, once; what it yields says how many there were."""
    count = [0]
    true = {name: getattr(os, name) for name in ("write", "fsync", "fdatasync")}

    def fills(call: Callable[..., object]) -> Callable[..., object]:
        def replaced(*arguments: object) -> object:
            count[0] += 1
            if count[0] == point:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return call(*arguments)

        return replaced

    for name, call in true.items():
        setattr(os, name, fills(call))
    try:
        yield count
    finally:
        for name, call in true.items():
            setattr(os, name, call)
