"""Every command that a developer or CI runs. `nox -l` lists them; `nox` runs the first four."""

import re
import sys
from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "uv"
nox.options.sessions = ["lint", "types", "layers", "tests"]
nox.options.reuse_existing_virtualenvs = True

ROOT = Path(__file__).parent
EVERYTHING = ".[dev,llama]"
COSTS = {"--version": 40, "--help": 150, "lint": 200}
"""Commands, and the milliseconds that their imports may take on an idle machine."""
GENERATED = {
    "tests/lint/test_pages.py": "docs/reference/rules",
    "tests/test_cassettes.py": "reports/sample",
    "tests/test_faults.py": "docs/reference/faults.md",
    "tests/docs/test_commands.py": "docs/reference/commands.md",
    "tests/docs/test_config.py": "docs/reference/config.md",
    "tests/docs/test_servers.py": "docs/explanation/what-servers-refuse.md",
    "tests/docs/test_schemas.py": "docs/reference/json-schemas.md",
    "tests/docs/test_cassette_lines.py": "docs/reference/schemas",
}
"""Which program writes which folder or page; the same program, as a test, compares them."""
COST = re.compile(r"^import time:\s*(?P<own>\d+) \|\s*(?P<all>\d+) \|(?P<indent>\s*)(?P<name>[\w.]+)$", re.MULTILINE)


def install(session: nox.Session, *extras: str) -> None:
    """Install the project with all that tests need, and `extras`, as the lock file says."""
    wanted = [f"--extra={extra}" for extra in ("dev", "llama", *extras)]
    place = {"UV_PROJECT_ENVIRONMENT": session.virtualenv.location}
    session.run_install("uv", "sync", "--locked", *wanted, env=place)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, format and import contracts."""
    install(session)
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("lint-imports", "--no-cache", "--no-logo")


@nox.session
def types(session: nox.Session) -> None:
    """Check types, strictly."""
    install(session)
    session.run("mypy")


@nox.session
def layers(session: nox.Session) -> None:
    """Check the import contracts alone; name some to check only these: `nox -s layers -- floors pure`."""
    install(session)
    contracts = [f"--contract={name}" for name in session.posargs]
    session.run("lint-imports", "--no-cache", "--no-logo", *contracts)


@nox.session
def tests(session: nox.Session) -> None:
    """Run all tests; what follows `--` goes to pytest."""
    install(session)
    session.run("pytest", "-n", "2", *session.posargs)


@nox.session
def tests_min(session: nox.Session) -> None:
    """Run all tests with the oldest versions that pyproject.toml allows to users."""
    # First what users get, at its oldest; then the tools, which may be new, around it.
    session.install("--resolution=lowest-direct", "-e", ".[llama]")
    session.install("-e", EVERYTHING)
    session.run("uv", "pip", "list", external=True)
    session.run("pytest", "-n", "2", *session.posargs)


@nox.session
def coverage(session: nox.Session) -> None:
    """Run all tests and tell which lines and branches they leave out."""
    install(session)
    session.run("coverage", "erase")
    session.run("coverage", "run", "-m", "pytest", *session.posargs)
    session.run("coverage", "combine")
    session.run("coverage", "report")


@nox.session
def real(session: nox.Session) -> None:
    """Run only the tests against a real llama.cpp server."""
    install(session)
    session.run("pytest", "-m", "real", *session.posargs)


@nox.session
def properties(session: nox.Session) -> None:
    """Run all tests with a thousand random examples for each property; CI takes forty, always the same."""
    install(session)
    session.run("pytest", "-n", "2", "--hypothesis-profile", "thorough", *session.posargs)


@nox.session
def agreement(session: nox.Session) -> None:
    """Judge 10,000 requests, or as many as follow `--`, as mistral-common and a real llama.cpp server do."""
    install(session)
    with session.chdir("tests"):
        for other in ("mistral", "llama"):
            session.run("python", "-m", f"agreement.{other}", *(session.posargs or ["10000"]))


@nox.session
def importtime(session: nox.Session) -> None:
    """Print what start-up costs: the dearest imports of some commands."""
    install(session)
    for command, budget in COSTS.items():
        # `lint` without a file ends with 2: usage.
        text = session.run("python", "-X", "importtime", "-m", "nexdiag", command, silent=True, success_codes=[0, 2])
        rows = [(int(row["all"]), len(row["indent"]) // 2, row["name"]) for row in COST.finditer(str(text))]
        total = sum(cost for cost, depth, _ in rows if depth == 0)
        sys.stdout.write(
            f"\nnexdiag {command}: {total / 1000:.0f} ms of imports, {len(rows)} modules, budget {budget} ms\n"
        )
        for cost, _, name in sorted(rows, reverse=True)[:12]:
            sys.stdout.write(f"{cost / 1000:9.1f} ms  {name}\n")


@nox.session
def bench(session: nox.Session) -> None:
    """Run the benchmarks: each prints ratios against a named peer, measured in the same run."""
    install(session)
    found = sorted((ROOT / "benchmarks").glob("[!_]*.py"))
    if not found:
        session.skip("there are no benchmarks")
    for path in found:
        session.run("python", str(path.relative_to(ROOT)), *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """Write the generated pages again, and fail where what lay there was stale."""
    install(session)
    before = pages()
    for script in GENERATED:
        session.run("python", script)
    after = pages()
    stale = sorted(str(path) for path in before | after if before.get(path) != after.get(path))
    if stale:
        session.error(f"stale until now: {', '.join(stale)}")


def pages() -> dict[Path, bytes]:
    """Read what no hand writes."""
    places = [ROOT / name for name in GENERATED.values()]
    found = [path for place in places for path in ([place] if place.is_file() else place.rglob("*"))]
    return {path.relative_to(ROOT): path.read_bytes() for path in found if path.is_file()}
