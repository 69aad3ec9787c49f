"""A chat template as judge: the door of this package.

    template = ChatTemplate(TemplateText(text=...))
    template.would_refuse(messages, tools)      Refused, or None

A refusal names the words and the message that has to change. Where nobody can tell (the template works without end),
`outcome` says so, and `would_refuse` gives None: what was not judged is not refused.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from nexdiag.lint.template.abilities import Abilities, abilities_of
from nexdiag.lint.template.culprit import culprit, to_change
from nexdiag.lint.template.limits import FUEL
from nexdiag.lint.template.outcome import Manner, Outcome, Refused, Rendered, TemplateText, Untold
from nexdiag.lint.template.prepared import ArgumentsError, as_llama_cpp, as_transformers, patched
from nexdiag.lint.template.program import Program
from nexdiag.lint.template.server_checks import BROKEN_ARGUMENTS, prefills, refused_before

_SEARCH_FUEL = FUEL // 8
_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
"""What a template is told is now: a verdict does not depend on the day."""
_HELLO = {"role": "user", "content": "Hello"}
_OWN = frozenset({"messages", "tools", "bos_token", "eos_token", "add_generation_prompt"})


class ChatTemplate:
    """One model's template, in the hands of one kind of server."""

    def __init__(
        self,
        source: TemplateText,
        manner: Manner = "llama.cpp",
        *,
        abilities: Abilities | None = None,
        now: datetime = _EPOCH,
    ) -> None:
        """Compile it, and find out what it can take; `abilities` where the server told them.

        Raises UsageError for what is no template.
        """
        self.source = source
        self.manner = manner
        self._forgiving = manner == "llama.cpp"
        texts = [source.text, source.tool_text or source.text]
        if self._forgiving:
            texts = [patched(text) for text in texts]
        self._texts = texts
        self._plain = Program(texts[0], forgiving=self._forgiving, now=now)
        self._tooled = self._plain if texts[0] == texts[1] else Program(texts[1], forgiving=self._forgiving, now=now)
        self._abilities = {program: abilities or abilities_of(program) for program in (self._plain, self._tooled)}

    @property
    def abilities(self) -> Abilities:
        """What the template can take, as far as that was found out."""
        return self._abilities[self._plain]

    def would_refuse(
        self,
        messages: Sequence[object],
        tools: Sequence[object] | None = None,
        kwargs: Mapping[str, Any] | None = None,
    ) -> Refused | None:
        """What a server with this template says to these messages of a chat-completions request; None if nothing."""
        found = self.outcome(messages, tools, kwargs)
        return found if isinstance(found, Refused) else None

    def outcome(
        self,
        messages: Sequence[object],
        tools: Sequence[object] | None = None,
        kwargs: Mapping[str, Any] | None = None,
    ) -> Outcome:
        """The same, and the text where it takes them; `kwargs` are the request's `chat_template_kwargs`."""
        if self._forgiving and (before := refused_before(messages)) is not None:
            return before
        entries = [message for message in messages if isinstance(message, dict)]
        if self._forgiving and prefills(entries):
            entries = entries[:-1]
        offered, extra = list(tools or ()), dict(kwargs or {})
        found = self._asked(entries, offered, extra, FUEL)
        if not isinstance(found, Refused) or found.by == "server":
            return found
        return self._blamed(found, entries, offered, extra)

    def _blamed(
        self, found: Refused, messages: list[dict[str, Any]], tools: list[Any], extra: dict[str, Any]
    ) -> Refused:
        """The refusal, with what has to change."""
        if tools and self._same(found, [_HELLO], tools, extra):
            if not self._same(found, [_HELLO], [], extra):
                return msgspec.structs.replace(found, tools=True)
        if all(message.get("role") != "user" for message in messages):
            asked = self._asked([*messages, _HELLO], tools, extra, _SEARCH_FUEL)
            if isinstance(asked, Rendered):  # nothing is wrong but that nobody speaks
                return found
        at = culprit(len(messages), found, lambda count: self._asked(messages[:count], tools, extra, _SEARCH_FUEL))
        return msgspec.structs.replace(found, at=to_change(at, messages))

    def _same(self, found: Refused, messages: list[dict[str, Any]], tools: list[Any], extra: dict[str, Any]) -> bool:
        outcome = self._asked(messages, tools, extra, _SEARCH_FUEL)
        return isinstance(outcome, Refused) and outcome.words == found.words

    def _asked(
        self, messages: Sequence[dict[str, Any]], tools: list[Any], extra: dict[str, Any], fuel: int
    ) -> Outcome:
        """What becomes of these messages, whoever is at fault."""
        program, text = (self._tooled, self._texts[1]) if tools else (self._plain, self._texts[0])
        try:
            prepared = self._prepared(messages, text, self._abilities[program])
        except ArgumentsError as error:
            return Refused(words=str(error), at=error.at, by="server")
        except RecursionError:
            return Untold(why="the messages are nested too deeply")
        found: Outcome = Untold(why="not rendered")
        for prompting in (False, True) if self._forgiving else (True,):
            found = program.render(self._variables(prepared, tools, extra, prompting=prompting), fuel)
            if not isinstance(found, Rendered):
                return found
        return found

    def _prepared(self, messages: Sequence[dict[str, Any]], text: str, abilities: Abilities) -> list[dict[str, Any]]:
        return as_llama_cpp(messages, text, abilities) if self._forgiving else as_transformers(messages, abilities)

    def _variables(
        self, messages: list[dict[str, Any]], tools: list[Any], extra: dict[str, Any], *, prompting: bool
    ) -> dict[str, Any]:
        variables: dict[str, Any] = {"messages": messages}
        variables |= {"bos_token": self.source.bos_token, "eos_token": self.source.eos_token}
        if self._forgiving:
            variables |= {"enable_thinking": True, "datetime": "Jan 01 2026", "date_string": "01 Jan 2026"}
            variables |= {"tools": tools} if tools else {}
            variables |= {"add_generation_prompt": True} if prompting else {}
        else:
            variables |= {"tools": tools or None, "documents": None, "add_generation_prompt": prompting}
        return variables | {key: value for key, value in extra.items() if key not in _OWN}


__all__ = ["BROKEN_ARGUMENTS", "ChatTemplate"]
