"""`nexdiag` and `python -m nexdiag`. `--version` is answered before anything is imported: start-up is felt."""

import sys


def main() -> None:
    """Run the command line; its exit code is the process's."""
    if sys.argv[1:] == ["--version"]:
        from nexdiag.core.version import TOOL  # noqa: PLC0415 - a door: imported when asked for

        print(TOOL)  # noqa: T201 - the fast path has no console
        return
    from nexdiag.cli.app import run  # noqa: PLC0415 - a door

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
