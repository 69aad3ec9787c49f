"""Executors that are programs of others: a chat can be answered by an installed `claude` or `codex`."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from nexdiag.agent.executor import Executor
from nexdiag.agent.executors.claude import Claude
from nexdiag.agent.executors.cli import CliExecutor, Patience
from nexdiag.agent.executors.codex import Codex
from nexdiag.agent.executors.dialect import Call, Dialect
from nexdiag.agent.progress import Tell
from nexdiag.agent.provider import split_model
from nexdiag.agent.session.conversation import Conversation
from nexdiag.core.errors import UsageError

_DIALECTS: dict[str, Dialect] = {"claude": Claude(), "codex": Codex()}
KINDS = tuple(sorted(_DIALECTS))
"""What `executor` in config.toml may say, beside `nex`."""
_NESTED = ("CLAUDECODE", "CLAUDE_CODE_ENTRYPOINT")
"""Variables of a Claude Code that we run in: a CLI that finds them takes itself for a part of it."""


def make(  # noqa: PLR0913 - every outside thing is an argument
    kind: str,
    conversation: Conversation | None,
    tell: Tell,
    *,
    model: str | None,
    environment: Mapping[str, str],
    workspace: Path,
    arguments: Sequence[str] = (),
    patience: Patience | None = None,
) -> Executor:
    """The executor of that kind for a conversation, going on from what its journal holds.

    `environment` is what the CLI sees: its keys, and the base URL at which a recording proxy may stand.
    `arguments` are added to its command line. Raises `UsageError` for an unknown kind, and for a CLI that is not
    installed.
    """
    if kind not in _DIALECTS:
        raise UsageError(f"no such executor: {kind[:64]!r}", hint=f"the executors are: nex, {', '.join(KINDS)}")
    dialect = _DIALECTS[kind]
    program = shutil.which(dialect.program, path=environment.get("PATH"))
    if program is None:
        what = f"the executor {kind} needs the program {dialect.program}, and PATH does not lead to one"
        raise UsageError(what, hint=f"install it with: {dialect.install}")
    name = _model(model)
    call = Call(
        model=name,
        base_url=environment.get("OPENAI_BASE_URL") or None,
        key_variable="OPENAI_API_KEY" if environment.get("OPENAI_API_KEY") else None,
        arguments=tuple(arguments),
    )
    if conversation is not None:
        conversation.begin(model=name or kind, provider=kind, system=conversation.system or "", tools=())
    return CliExecutor(
        dialect,
        program,
        call,
        conversation,
        tell,
        environment={key: value for key, value in environment.items() if key not in _NESTED},
        workspace=workspace,
        patience=patience,
    )


def _model(spec: str | None) -> str | None:
    """The model as the CLI knows it: without the prefix that our config puts before it."""
    if spec is None or not spec.strip():
        return None
    prefix, _, rest = spec.strip().partition(":")
    return rest if prefix in _DIALECTS and rest else split_model(spec)[1]
