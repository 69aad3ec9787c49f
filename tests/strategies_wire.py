"""Hypothesis strategies for what passes on a wire and for recordings of it; those of the words are in strategies.py."""

import json

from hypothesis import strategies as st
from strategies import json_values, names, some_text, texts, usages

from nexdiag.codec.body import Splitter
from nexdiag.core.cassette import Cassette, Header
from nexdiag.core.exchange import Chunk, Exchange, Request, Response
from nexdiag.core.scenario import Expectation, Say, Scenario
from nexdiag.core.turn import LogLine, ToolRun, Turn

seconds = st.floats(0, 5_000_000_000, allow_nan=False).map(lambda value: round(value, 6))
"""Times as a cassette keeps them: to the microsecond."""
headers = st.lists(st.tuples(names.map(str.lower), texts), max_size=3).map(tuple)
urls = st.tuples(st.sampled_from(["http://127.0.0.1:1", "https://host", "http://h/a/b"]), names).map("/v1/".join)
separators = st.tuples(
    st.sampled_from([",", ", ", " ,", "\t,  "]),
    st.sampled_from([":", ": ", " : ", "\t:"]),
    st.sampled_from([",", ", "]),
)

messages = st.fixed_dictionaries(
    {"role": st.sampled_from(["system", "user", "assistant", "tool"]), "content": texts | json_values}
)
chats = st.fixed_dictionaries(
    {"model": names, "messages": st.lists(messages, max_size=5)},
    optional={"stream": st.booleans(), "tools": st.lists(st.fixed_dictionaries({"name": names}), max_size=3)},
)
"""Chat requests, as values."""


_objects = chats | st.dictionaries(texts, json_values, max_size=4)
_indents = st.sampled_from([None, None, None, 0, 2])
_ways = st.sampled_from([(",", ":"), (", ", ": ")])
_truth = st.booleans()


@st.composite
def json_bodies(draw: st.DrawFn) -> bytes:
    """A JSON object, written in one of the ways in which JSON is written."""
    value = draw(_objects)
    comma, colon, _ = draw(separators)
    indent = draw(_indents)
    text = json.dumps(value, separators=(comma, colon), ensure_ascii=draw(_truth), indent=indent)
    return text.encode()


@st.composite
def chat_bodies(draw: st.DrawFn) -> bytes:
    """A chat request as clients write it, on one line."""
    return json.dumps(draw(chats), separators=draw(_ways), ensure_ascii=draw(_truth)).encode()


bodies_raw = json_bodies() | chat_bodies() | st.binary(max_size=40) | texts.map(str.encode)
"""The bytes of request bodies: anything."""

chunks = st.builds(Chunk, at=seconds, bytes=texts.map(str.encode) | st.binary(max_size=20))
pieces = st.lists(texts | st.sampled_from(["", "a", " the", "\n\ndata: ", "é"]), max_size=9).map(
    lambda words: [b'data: {"id":"x","choices":[{"delta":{"content":"%s"}}]}\n\n' % word.encode() for word in words]
)
"""The events of a stream: alike but for a few words, some of which break the form."""


@st.composite
def streams(draw: st.DrawFn) -> list[bytes]:
    """A stream in pieces: an event each, several, or cut anywhere."""
    events = draw(pieces)
    cuts = sorted(draw(st.lists(st.integers(0, len(b"".join(events))), max_size=4)))
    body = b"".join(events)
    torn = [body[start:end] for start, end in zip([0, *cuts], [*cuts, len(body)], strict=True)]
    return draw(st.sampled_from([events, [*events, b"\xff"], [b"".join(events[i : i + 2]) for i in range(9)], torn]))


responses = st.builds(
    Response,
    status=st.integers(100, 599),
    headers=headers,
    chunks=st.lists(chunks, max_size=4).map(tuple)
    | streams().map(lambda torn: tuple(Chunk(at=0.25, bytes=piece) for piece in torn)),
    first_byte=seconds,
)
failures = st.none() | st.sampled_from(["ReadError: gone", "ClientClosed: early", "ReadTimeout", "strange"])
turn_numbers = st.none() | st.integers(1, 4)
sessions = st.sampled_from(["", "", "2"])
tool_runs = st.builds(
    ToolRun,
    call_id=texts,
    name=texts,
    arguments=texts,
    output=texts,
    is_error=st.booleans(),
    started=seconds,
    duration=seconds,
    turn=turn_numbers,
    session=sessions,
)
log_lines = st.builds(
    LogLine, at=seconds, text=texts, level=st.none() | names, source=names, turn=turn_numbers, session=sessions
)
ended_turns = st.builds(
    Turn,
    number=st.just(0),
    said=texts,
    started=seconds,
    duration=seconds,
    outcome=st.sampled_from(["answered", "failed", "cancelled"]),
    reply=st.none() | texts,
    error=st.none() | texts,
    usage=usages,
)
turns = ended_turns | st.builds(Turn, number=st.just(0), said=texts, started=seconds, outcome=st.just("unfinished"))
scenarios = st.builds(
    Scenario,
    name=texts,
    say=st.lists(
        st.builds(
            Say,
            text=texts,
            repeat=st.integers(1, 3),
            cancel_after=st.none() | st.sampled_from(["start", "first_text", 0.5]),
            kill_daemon=st.booleans() | st.sampled_from(["first_tool", 0.25]),
            expect=st.builds(
                Expectation,
                answer=st.booleans(),
                contains=st.lists(texts, max_size=2).map(tuple),
                matches=st.lists(texts, max_size=2).map(tuple),
                tools=st.lists(names, max_size=2).map(tuple),
                not_tools=st.lists(names, max_size=2).map(tuple),
                outcome=st.none() | st.sampled_from(["answered", "cancelled"]),
                finish=st.none() | texts,
                log_errors=st.booleans(),
                within=st.none() | st.floats(0.001, 2**53),
            ),
        ),
        min_size=1,
        max_size=3,
    ).map(tuple),
    about=texts,
    system=st.none() | texts,
    tools=st.lists(names, max_size=2).map(tuple),
    max_tokens=st.none() | st.integers(1, 10**6),
    window=st.none() | st.integers(1, 10**6),
    repeat=st.integers(1, 3),
)
cassette_headers = st.builds(
    Header,
    tool=texts,
    created=seconds,
    origin=some_text,
    model=texts,
    profile=texts,
    window=st.none() | st.integers(0, 10**6),
    max_tokens=st.none() | st.integers(0, 10**6),
    scenario=st.none() | scenarios,
    command=texts,
    libraries=st.dictionaries(names, names, max_size=2),
    commit=names,
    redactions=st.lists(texts, max_size=2).map(tuple),
)


_perhaps_responses = st.none() | responses
_methods = st.sampled_from(["POST", "GET"])
_packed = st.sampled_from(["", "", "zstd"])
_attempts = st.integers(1, 3)


@st.composite
def exchanges(draw: st.DrawFn, *, most: int = 5) -> tuple[Exchange, ...]:
    """The exchanges of one recording, numbered, their bodies split by one splitter."""
    splitter = Splitter()
    found = []
    for number in range(draw(st.integers(0, most))):
        response = draw(_perhaps_responses)
        failure = draw(failures) or ("ReadError" if response is None else None)
        request = Request(
            method=draw(_methods),
            url=draw(urls),
            headers=draw(headers),
            body=splitter.split(draw(bodies_raw)),
            encoding=draw(_packed),
        )
        found.append(
            Exchange(
                id=number,
                started=draw(seconds),
                request=request,
                response=response,
                failure=failure,
                duration=draw(seconds),
                turn=draw(turn_numbers),
                attempt=draw(_attempts),
                session=draw(sessions),
            )
        )
    return tuple(found)


_runs = st.lists(tool_runs, max_size=3)
_logs = st.lists(log_lines, max_size=3)
_several_turns = st.lists(turns, max_size=4)
_exchanges = exchanges()


@st.composite
def cassettes(draw: st.DrawFn) -> Cassette:
    """A recording in the one form in which it is read: what belongs to a turn stands in it and in the whole."""
    all_exchanges = draw(_exchanges)
    runs = tuple(draw(_runs))
    log = tuple(draw(_logs))
    numbered = []
    for place, turn in enumerate(draw(_several_turns), start=1):
        fields = {name: getattr(turn, name) for name in turn.__struct_fields__}
        fields["number"], fields["session"] = place, draw(sessions)
        own = (place, fields["session"])
        fields["exchanges"] = tuple(one for one in all_exchanges if (one.turn, one.session) == own)
        fields["tool_runs"] = tuple(one for one in runs if (one.turn, one.session) == own)
        fields["log"] = tuple(one for one in log if (one.turn, one.session) == own)
        numbered.append(Turn(**fields))
    return Cassette(
        header=draw(cassette_headers), turns=tuple(numbered), exchanges=all_exchanges, tool_runs=runs, log=log
    )
