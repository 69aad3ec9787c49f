"""Promises of `nexdiag.capture.grouping.places`: requests of real clients find their session, turn and attempt."""

import random
from typing import Any

import pytest
from chatting import A1, A2, SYSTEM, TOOLS, U1, U2, U3, Client, call, told

from nexdiag.capture.grouping.answers import Heard
from nexdiag.capture.grouping.entries import call_entry
from nexdiag.capture.grouping.places import Place
from nexdiag.core.body import Body
from nexdiag.core.exchange import Request


@pytest.fixture
def client() -> Client:
    return Client()


def where(place: Place) -> tuple[str, int | None, int]:
    return place.session, place.turn, place.attempt


def test_new_words_of_the_user_begin_a_turn(client: Client) -> None:
    """A chat that sends its whole history: each new user message is the next turn, and what was said is told."""
    first = client.ask(SYSTEM, U1, answer="Friday.")
    second = client.ask(SYSTEM, U1, A1, U2, answer="Saturday.")
    third = client.ask(SYSTEM, U1, A1, U2, A2, U3)
    assert [where(place) for place in (first, second, third)] == [("", 1, 1), ("", 2, 1), ("", 3, 1)]
    assert [place.said for place in (first, second, third)] == [U1["content"], U2["content"], U3["content"]]
    assert all(place.begins for place in (first, second, third))
    assert [place.messages for place in (first, second, third)] == [2, 4, 6]


def test_what_tools_said_goes_on_with_the_turn(client: Client) -> None:
    """Two rounds of tools are one turn; the next question is the next."""
    client.ask(U1)
    round1 = client.ask(U1, call("call_00001"), told("call_00001"))
    round2 = client.ask(U1, call("call_00001"), told("call_00001"), call("call_00002"), told("call_00002"))
    after = client.ask(U1, call("call_00001"), told("call_00001"), call("call_00002"), told("call_00002"), A1, U2)
    assert [where(place) for place in (round1, round2, after)] == [("", 1, 1), ("", 1, 1), ("", 2, 1)]
    assert not round1.begins


def test_the_same_again_after_a_failure_is_the_next_attempt(client: Client) -> None:
    """Refused twice, then answered; changed parameters do not matter."""
    client.ask(U1, answer="Friday.")
    client.send(U1, A1, U2, stream_options={"include_usage": True})
    client.fail()
    second = client.send(U1, A1, U2)
    client.fail()
    third = client.ask(U1, A1, U2, temperature=0)
    assert [where(place) for place in (second, third)] == [("", 2, 2), ("", 2, 3)]


def test_a_client_may_say_itself_that_it_tries_again(client: Client) -> None:
    """The OpenAI SDK counts its retries in a header: also before its first try was seen to fail."""
    client.send(U1)
    again = client.send(U1, headers=(("x-stainless-retry-count", "1"),))
    assert where(again) == ("", 1, 2)


def test_the_same_question_after_an_answer_is_another_session(client: Client) -> None:
    """A scenario that is run twice is two conversations, though every word of both is the same."""
    runs = []
    for _ in range(2):
        runs.append(where(client.ask(U1, answer="Friday.")))
        runs.append(where(client.ask(U1, A1, U2, answer="Saturday.")))
        runs.append(where(client.ask(U1, A1, U2, A2, U3, answer="You are welcome.")))
    assert runs == [("", 1, 1), ("", 2, 1), ("", 3, 1), ("2", 1, 1), ("2", 2, 1), ("2", 3, 1)]


def test_chats_at_once_are_told_apart(client: Client) -> None:
    """Ten chats that begin with the same words, interleaved: each goes on where its own answer was."""
    chats = [(client.send(U1), client.number) for _ in range(10)]
    for chat, (_, number) in enumerate(chats):
        client.hear(f"answer number {chat}", number=number)
    names = [place.session for place, _ in chats]
    assert names == ["", *(str(number) for number in range(2, 11))]
    for chat in (7, 2, 9, 0, 4):
        place = client.ask(U1, {"role": "assistant", "content": f"answer number {chat}"}, U2)
        assert where(place) == (names[chat], 2, 1)


def test_a_conversation_of_its_own_is_a_session_of_its_own(client: Client) -> None:
    """A sub-agent with tools, in the midst of a turn; then the first conversation goes on."""
    client.send(SYSTEM, U1, tools=TOOLS)
    client.hear(calls=("task",))
    sub = {"role": "user", "content": "Find all files that mention dates."}
    assert where(client.ask({"role": "system", "content": "You search."}, sub, tools=TOOLS)) == ("2", 1, 1)
    assert where(client.ask(SYSTEM, U1, call("call_00001"), told("call_00001"), tools=TOOLS)) == ("", 1, 1)


REWRITTEN: dict[str, tuple[list[Any], list[Any]]] = {
    "string to parts": (
        [SYSTEM, U1],
        [SYSTEM, {"role": "user", "content": [{"type": "text", "text": U1["content"]}]}, A1, U2],
    ),
    "cache_control moves": (
        [{"role": "user", "content": [{"type": "text", "text": "Hi", "cache_control": {"type": "ephemeral"}}]}],
        [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}, A1, U2],
    ),
    "the date in the system prompt": ([SYSTEM, U1], [{"role": "system", "content": "Today is Monday."}, U1, A1, U2]),
    "a reminder comes and goes": (
        [{"role": "user", "content": "<system-reminder>Be brief.</system-reminder>\nHi"}],
        [{"role": "user", "content": "Hi"}, A1, U2],
    ),
    "the answer without its thoughts": (
        [U1],
        [U1, {"role": "assistant", "content": [{"type": "text", "text": "x"}]}, U2],
    ),
    "other white space": (
        [{"role": "user", "content": "Hi \n there"}],
        [{"role": "user", "content": "Hi there "}, A1, U2],
    ),
}


@pytest.mark.parametrize("name", REWRITTEN)
def test_a_rewritten_history_is_still_the_same_session(client: Client, name: str) -> None:
    """What clients rewrite without meaning does not begin a session, and the new question is one new turn."""
    before, after = REWRITTEN[name]
    client.ask(*before, answer="Friday.")
    assert where(client.ask(*after)) == ("", 2, 1)


def test_rewritten_answers_are_known_by_what_the_user_said(client: Client) -> None:
    """An old call is cut out of the middle of the history: the user's words alone tell whose it is."""
    client.ask(U1)
    client.ask(U1, call("call_00001"), told("call_00001"))
    client.ask(U1, call("call_00001"), told("call_00001"), A1, U2)
    cut = client.ask(U1, {"role": "assistant", "content": "(cleared)"}, U2, A2, U3)
    assert where(cut) == ("", 3, 1)
    assert cut.said == U3["content"]


def test_the_same_words_again_are_another_turn(client: Client) -> None:
    """`continue`, and after its answer `continue` again."""
    again = {"role": "user", "content": "continue"}
    client.ask(again, answer="Friday.")
    assert where(client.ask(again, A1, again)) == ("", 2, 1)


def test_of_chats_that_begin_alike_a_rewritten_one_is_known_by_all_that_its_user_said(client: Client) -> None:
    """Not by the first words alone, which another chat said as well, and later."""
    first, second = ({"role": "assistant", "content": text} for text in ("Friday.", "It is Friday."))
    client.ask(U1, answer="Friday.")
    client.ask(U1, answer="It is Friday.")
    client.ask(U1, first, U2)
    client.ask(U1, second, U3)
    assert where(client.ask(U1, {"role": "assistant", "content": "(cut)"}, U2, A2, U3)) == ("", 3, 1)


def test_an_opening_is_no_rewritten_history(client: Client) -> None:
    """Two messages of a user and no answer: not the chat in which he said the same, with answers between."""
    client.ask(U1, A1, U2)
    assert where(client.ask(U1, U2)) == ("2", 1, 1)


def test_the_same_question_of_another_thread_is_no_retry(client: Client) -> None:
    """Where clients name their conversations: the first was refused, and another process asks the same."""
    client.send(U1, headers=(("thread-id", "one"),))
    client.fail()
    assert where(client.send(U1, headers=(("thread-id", "two"),))) == ("2", 1, 1)
    client.fail()
    assert where(client.send(U1, headers=(("thread-id", "one"),))) == ("", 1, 2)


def test_a_history_that_gets_shorter_stays_in_its_session(client: Client) -> None:
    """Compaction: the history is replaced by a summary that the model was asked for; and a window that slides."""
    client.ask(U1, tools=TOOLS)
    client.ask(U1, A1, U2, tools=TOOLS)
    summary = "The user wanted to know the day of today and of tomorrow; both were told."
    ask = {"role": "user", "content": "Write a summary of this conversation."}
    assert client.ask(U1, A1, U2, A2, ask, answer=summary).aside == "summary"
    begun = {"role": "user", "content": f"This goes on from an earlier conversation.\n{summary}"}
    assert where(client.ask(begun, U3, tools=TOOLS)) == ("", 3, 1)
    long = {"role": "assistant", "content": "A long answer that nobody else would ever give to anybody. " * 2}
    client.ask(begun, U3, long, U1, tools=TOOLS)
    slid = client.ask(long, {"role": "user", "content": "What else?"}, tools=TOOLS)
    assert (slid.session, slid.turn) == ("", 5)


def test_a_compaction_in_the_midst_of_a_turn_does_not_begin_one(client: Client) -> None:
    """The same question, with a summary before it: the turn goes on."""
    client.ask(U1, A1, U2, tools=TOOLS)
    client.ask(U1, A1, U2, call("call_00001"), told("call_00001"), tools=TOOLS)
    summary = "It was asked for the day of today, which is a Friday, and a tool was used."
    client.ask(U1, A1, U2, {"role": "user", "content": "Please summarize the above."}, answer=summary)
    place = client.ask({"role": "user", "content": summary}, A1, U2, tools=TOOLS)
    assert where(place) == ("", 1, 1)


SIDE = {
    "a title": ({"role": "system", "content": "Generate a short title for the conversation."}, {"max_tokens": 30}),
    "a topic": ({"role": "system", "content": "Is this a new topic? Answer in JSON."}, {"model": "small"}),
    "a page": ({"role": "system", "content": "Summarize the page."}, {}),
}


@pytest.mark.parametrize("name", SIDE)
def test_side_requests_are_told_apart(client: Client, name: str) -> None:
    """A request without tools, in the midst of a turn of an agent that has tools: of no turn, and named."""
    system, more = SIDE[name]
    client.send(SYSTEM, U1, tools=TOOLS)
    place = client.send(system, U1, **more)
    assert (place.turn, place.session) == (None, "")
    assert place.aside in ("title", "summary")
    client.hear("Day of the week")
    client.hear("Friday.", number=0)
    assert where(client.ask(SYSTEM, U1, A1, U2, tools=TOOLS)) == ("", 2, 1)


def test_a_title_is_told_apart_where_nobody_has_tools(client: Client) -> None:
    """A plain chat client asks for a title of what was said, with the words of both in one message."""
    client.ask(U1, answer="Friday.")
    text = f"Generate a title for this chat:\nUser: {U1['content']}\nAssistant: Friday."
    assert client.ask({"role": "user", "content": text}).aside == "title"


def test_a_first_conversation_is_never_an_aside(client: Client) -> None:
    """Whatever it looks like: there is nothing beside which it could stand."""
    place = client.ask({"role": "user", "content": "Generate a title for: cats"}, max_tokens=10)
    assert where(place) == ("", 1, 1)


def test_another_plain_chat_is_a_session_and_no_aside(client: Client) -> None:
    """A second question to another model, without tools, after the first was answered."""
    client.ask(U1)
    assert where(client.ask({"role": "user", "content": "Tell me a story."}, model="other")) == ("2", 1, 1)


@pytest.mark.parametrize(
    ("route", "aside"),
    [
        ("/v1/embeddings", "embeddings"),
        ("/v1/models", "models"),
        ("/v1/models/m", "models"),
        ("/v1/messages/count_tokens?beta=true", "count_tokens"),
        ("/health", "health"),
        ("/", "health"),
        ("/v1/files", "other"),
        ("/v1/completions", "completions"),
    ],
)
def test_other_routes_are_of_no_turn(client: Client, route: str, aside: str) -> None:
    """Embeddings, lists of models, counts, health: also as the very first request."""
    place = client.send(U1, route=route)
    assert (place.turn, place.aside) == (None, aside)


def test_responses_with_a_whole_history() -> None:
    """Codex: two developer items, an envelope, then the user; after a question that failed comes the next."""
    client = Client("/v1/responses")

    def item(role: str, text: str) -> dict[str, Any]:
        return {"type": "message", "role": role, "content": [{"type": "input_text", "text": text}]}

    head = [
        item("developer", "You are a coding agent."),
        item("developer", "<skills_instructions>…</skills_instructions>"),
    ]
    place = client.send(
        *head, item("user", "<environment_context><cwd>/a</cwd></environment_context>"), item("user", "One?")
    )
    client.fail()
    assert (where(place), place.said) == (("", 1, 1), "One?")
    head[1] = item("user", "<environment_context><cwd>/b</cwd></environment_context>")
    second = client.ask(*head, item("user", "One?"), item("user", "Two?"))
    assert (where(second), second.said) == (("", 2, 1), "Two?")
    ran = [
        {"type": "reasoning", "id": "rs_1", "summary": []},
        {"type": "function_call", "call_id": "call_00001", "name": "shell", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "call_00001", "output": "ok"},
    ]
    third = client.ask(*head, item("user", "One?"), item("user", "Two?"), *ran)
    assert where(third) == ("", 2, 1)


def test_responses_that_the_server_keeps() -> None:
    """With `previous_response_id` a request holds only what is new."""
    client = Client("/v1/responses")
    client.send({"role": "user", "content": "One?"})
    client.hear(response_id="resp_1")
    again = {"type": "function_call_output", "call_id": "call_00001", "output": "ok"}
    second = client.send(again, previous_response_id="resp_1")
    client.hear(response_id="resp_2")
    client.send({"role": "user", "content": "Two?"}, previous_response_id="resp_2")
    client.fail()
    third = client.send({"role": "user", "content": "Two?"}, previous_response_id="resp_2")
    assert [where(place) for place in (second, third)] == [("", 1, 1), ("", 2, 2)]


def test_the_messages_wire() -> None:
    """Tool results stand in a user's message: alone they go on, with words of the user beside them a turn begins."""
    client = Client("/v1/messages")
    use = {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_0001", "name": "date", "input": {}}]}
    back = {"type": "tool_result", "tool_use_id": "toolu_0001", "content": "Fri"}
    client.ask(U1)
    reminded = [back, {"type": "text", "text": "<system-reminder>Use your list.</system-reminder>"}]
    assert where(client.ask(U1, use, {"role": "user", "content": reminded})) == ("", 1, 1)
    spoke = [back, {"type": "text", "text": "Stop that, and say it in French."}]
    place = client.ask(U1, use, {"role": "user", "content": spoke})
    assert (where(place), place.said) == (("", 2, 1), "Stop that, and say it in French.")


def test_our_own_executor_says_where_it_is(client: Client) -> None:
    """Its headers go before what would be found; its sessions are named as others are."""

    def headers(session: str, turn: int, attempt: int) -> tuple[tuple[str, str], ...]:
        told = {"session": session, "turn": str(turn), "attempt": str(attempt)}
        return tuple((f"x-nexdiag-{name}", value) for name, value in told.items())

    places = [
        client.ask(U1, headers=headers("a1", 1, 1)),
        client.ask(U1, headers=headers("b2", 1, 1)),
        client.ask(U1, A1, U2, headers=headers("a1", 2, 3)),
        client.ask(U1, A1, U2, call("call_00001"), told("call_00001"), headers=headers("a1", 2, 1)),
    ]
    assert [where(place) for place in places] == [("", 1, 1), ("2", 1, 1), ("", 2, 3), ("", 2, 1)]
    assert [place.begins for place in places] == [True, True, True, False]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b'{"messages":null}',
        b'{"messages":[]}',
        b'{"messages":[1,null,"x",[]]}',
        b'{"messages":[{"role":7,"content":{"a":1}},{"role":"user","content":[null,3]},{"tool_calls":"x"}]}',
        b'{"messages":' + b"[" * 9000 + b"]" * 9000 + b"}",
        b'{"messages":[{"role":"user","content":"\\ud800"}]}',
        b"\xff\xfe",
        b'{"messages":[{"role":"assistant","tool_calls":[{"id":5,"function":[]}]}],"model":{},"max_tokens":1e99,"tools":{}}',
    ],
)
@pytest.mark.parametrize("route", ["/v1/chat/completions", "/v1/responses", "/v1/messages"])
def test_whatever_is_sent_has_a_place(client: Client, raw: bytes, route: str) -> None:
    """Nothing that a client sends makes grouping fail; and the next request is grouped as ever."""
    raw = raw.replace(b'"messages"', b'"input"') if route.endswith("responses") else raw
    for number in (100, 101):
        client.grouping.asked(number, Request(method="POST", url="http://x" + route, body=Body.of(raw)))
        client.grouping.answered(number, Heard(status=200))
    first = client.ask(U1, answer="Friday.")
    second = client.ask(U1, A1, U2)
    assert second.session == first.session
    assert second.turn == (first.turn or 0) + 1


def test_a_request_costs_what_it_adds() -> None:
    """In a chat of 400 turns each message is looked into once; what is remembered grows with them."""
    client = Client()
    history: list[Any] = [SYSTEM]
    for turn in range(400):
        history.append({"role": "user", "content": f"question {turn}"})
        assert where(client.ask(*history, answer=f"answer {turn}")) == ("", turn + 1, 1)
        history.append({"role": "assistant", "content": f"answer {turn}"})
    assert len(client.grouping._reader._after) == 800


def test_a_clock_in_the_system_prompt_costs_one_entry_a_request() -> None:
    """Another system prompt with every request: the history behind it is not read as a new one."""
    client = Client()
    history: list[Any] = []
    for turn in range(50):
        history.append({"role": "user", "content": f"question {turn}"})
        clock = {"role": "system", "content": f"It is {turn} seconds past noon."}
        assert where(client.ask(clock, *history, answer=f"answer {turn}")) == ("", turn + 1, 1)
        history.append({"role": "assistant", "content": f"answer {turn}"})
    assert len(client.grouping._reader._after) == 50 + 99


class Chat:
    """A chat of an agent, played by chance: questions, tools, failures, and a history that is written in two ways."""

    def __init__(self, name: int, chance: random.Random, client: Client, *, alike: bool) -> None:
        self.name, self.chance, self.client, self.alike = name, chance, client, alike
        self.history: list[dict[str, Any]] = []
        self.place: tuple[str | None, int, int] = (None, 0, 1)
        self.number: int | None = None
        self.speaks = True

    def go_on(self) -> None:
        """Ask, or hear what was asked."""
        if self.number is None:
            self.ask()
        else:
            self.hear(self.number)
            self.number = None

    def ask(self) -> None:
        session, turn, attempt = self.place
        if self.speaks:
            turn += 1
            words = "Hello" if self.alike and turn == 1 else f"{self.name}: {self.chance.choice(['go on', 'more'])}"
            self.history.append({"role": "user", "content": words})
        sent = [self.written(message) for message in self.history]
        clock = {"role": "system", "content": f"You are an agent. It is {self.chance.random()}."}
        place = self.client.send(clock, *sent, tools=TOOLS)
        self.place = (place.session if session is None else session, turn, attempt)
        assert where(place) == self.place
        self.number, self.speaks = self.client.number, False

    def written(self, message: dict[str, Any]) -> dict[str, Any]:
        if message["role"] == "user" and self.chance.random() < 0.3:
            return message | {"content": [{"type": "text", "text": message["content"], "cache_control": {}}]}
        return message

    def hear(self, number: int) -> None:
        session, turn, attempt = self.place
        opening = len(self.history) == 1
        if self.chance.random() < 0.2 and not (self.alike and opening):  # which of them is asked again, none can tell
            self.client.fail(number)
            self.place = (session, turn, attempt + 1)
            return
        self.place = (session, turn, 1)
        if self.chance.random() < 0.5:
            ids = [f"call_{self.chance.getrandbits(40):010x}" for _ in range(self.chance.randint(1, 2))]
            self.client.grouping.answered(number, Heard(status=200, calls=("date",), first=call_entry(ids[0], "date")))
            made = call(ids[0]) | {"tool_calls": [one for name in ids for one in call(name)["tool_calls"]]}
            self.history += [made, *(told(name) for name in ids)]
        else:
            text = f"answer {self.chance.getrandbits(40)}"
            self.client.hear(text, number=number)
            self.history.append({"role": "assistant", "content": text})
            self.speaks = True


@pytest.mark.parametrize("alike", [False, True])
@pytest.mark.parametrize("seed", range(30))
def test_chats_by_chance_come_out_as_they_were_played(client: Client, seed: int, alike: bool) -> None:
    """Up to six at once, with tools, retries and rewriting, also where all begin with the same word."""
    chance = random.Random(seed)  # noqa: S311 - a chance that can be repeated is wanted
    chats = [Chat(name, chance, client, alike=alike) for name in range(chance.randint(1, 6))]
    for _ in range(80):
        chance.choice(chats).go_on()
    names = [chat.place[0] for chat in chats if chat.place[0] is not None]
    assert len(set(names)) == len(names)


def test_call_ids_tell_whose_answer_it_was(client: Client) -> None:
    """Two chats alike, both answered with a call: the id in the history tells which of them goes on."""
    for call_id in ("call_aaaa1", "call_bbbb2"):
        client.send(U1)
        client.grouping.answered(client.number, Heard(status=200, calls=("date",), first=call_entry(call_id, "date")))
    assert client.ask(U1, call("call_bbbb2"), told("call_bbbb2")).session == "2"
    assert client.ask(U1, call("call_aaaa1"), told("call_aaaa1")).session == ""
