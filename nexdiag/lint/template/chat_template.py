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

from nexdiag.lint.template.abilities import abilities_of
from nexdiag.lint.template.conversation import Conversation
from nexdiag.lint.template.culprit import culprit, to_change
from nexdiag.lint.template.limits import FUEL
from nexdiag.lint.template.outcome import Abilities, Manner, Outcome, Refused, Rendered, TemplateText, Untold
from nexdiag.lint.template.prepared import ArgumentsError, as_llama_cpp, as_transformers, patched, tools_as_llama_cpp
from nexdiag.lint.template.program import Program
from nexdiag.lint.template.server_checks import prefills, refused_before, tools_refused

_SEARCH_FUEL = FUEL // 10
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
        now: datetime = _EPOCH,
    ) -> None:
        """Compile it, and find out what it can take, if the server has not told.

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
        self._abilities = {
            program: source.abilities or abilities_of(program) for program in (self._plain, self._tooled)
        }

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
        """What a server with this template says to these messages of a chat-completions request; None if nothing.

        `kwargs` are the request's `chat_template_kwargs`.
        """
        found = self.outcome(Conversation(entries=tuple(messages), tools=tools, kwargs=kwargs or {}))
        return found if isinstance(found, Refused) else None

    def outcome(self, asked: Conversation) -> Outcome:
        """The same of a request on any wire, and the text where it is taken."""
        count, messages = len(asked.entries), asked.upto(len(asked.entries))
        if self._forgiving:
            before = refused_before(asked.entries if asked.wire == "chat" else messages)
            before = before or (tools_refused(asked.tools) if asked.tools is not None else None)
            if before is not None:
                return before if asked.wire == "chat" else msgspec.structs.replace(before, at=None)
            while count and prefills(messages):
                count -= 1
                messages = asked.upto(count)
        tools = list(asked.tools) if isinstance(asked.tools, list | tuple) else []
        asked = msgspec.structs.replace(asked, entries=asked.entries[:count], tools=tools)
        found = self._asked(messages, asked, FUEL)
        if not isinstance(found, Refused) or found.by == "server":
            return found
        return self._blamed(found, messages, asked)

    def _blamed(self, found: Refused, messages: list[dict[str, Any]], asked: Conversation) -> Refused:
        """The refusal, with what has to change."""
        bare = msgspec.structs.replace(asked, tools=[])
        if asked.tools and self._same(found, [_HELLO], asked) and not self._same(found, [_HELLO], bare):
            return msgspec.structs.replace(found, tools=True)
        if all(message.get("role") != "user" for message in messages):
            heard = self._asked([*messages, _HELLO], asked, _SEARCH_FUEL)
            if isinstance(heard, Rendered):  # nothing is wrong but that nobody speaks
                return found
        count = len(asked.entries)
        at = culprit(count, found, lambda length: self._beginning(asked, length, found))
        return msgspec.structs.replace(found, at=to_change(at, asked.upto))

    def _beginning(self, asked: Conversation, length: int, found: Refused) -> Outcome:
        """What becomes of the first so many; where they are refused for what they lack, with a user's message more."""
        messages = asked.upto(length)
        outcome = self._asked(messages, asked, _SEARCH_FUEL)
        if isinstance(outcome, Refused) and outcome.words != found.words:
            return self._asked([*messages, _HELLO], asked, _SEARCH_FUEL)
        return outcome

    def _same(self, found: Refused, messages: list[dict[str, Any]], asked: Conversation) -> bool:
        outcome = self._asked(messages, asked, _SEARCH_FUEL)
        return isinstance(outcome, Refused) and outcome.words == found.words

    def _asked(self, messages: Sequence[dict[str, Any]], asked: Conversation, fuel: int) -> Outcome:
        """What becomes of these messages, with the tools of that request, whoever is at fault."""
        program, text = (self._tooled, self._texts[1]) if asked.tools else (self._plain, self._texts[0])
        try:
            prepared = self._prepared(messages, text, self._abilities[program])
        except ArgumentsError as error:
            return Refused(words=str(error), at=error.at, by="server")
        except RecursionError:
            return Untold(why="the messages are nested too deeply")
        found: Outcome = Untold(why="not rendered")
        for prompting in (False, True) if self._forgiving else (True,):
            found = program.render(self._variables(prepared, asked, prompting=prompting), fuel)
            if not isinstance(found, Rendered):
                return found
        return found

    def _prepared(self, messages: Sequence[dict[str, Any]], text: str, abilities: Abilities) -> list[dict[str, Any]]:
        return as_llama_cpp(messages, text, abilities) if self._forgiving else as_transformers(messages, abilities)

    def _variables(self, messages: list[dict[str, Any]], asked: Conversation, *, prompting: bool) -> dict[str, Any]:
        variables: dict[str, Any] = {"messages": messages}
        variables |= {"bos_token": self.source.bos_token, "eos_token": self.source.eos_token}
        if self._forgiving:
            variables |= {"enable_thinking": True, "datetime": "Jan 01 2026", "date_string": "01 Jan 2026"}
            variables |= {"tools": tools_as_llama_cpp(asked.tools)} if asked.tools else {}
            variables |= {"add_generation_prompt": True} if prompting else {}
        else:
            variables |= {"tools": asked.tools or None, "documents": None, "add_generation_prompt": prompting}
        return variables | {key: value for key, value in asked.kwargs.items() if key not in _OWN}
