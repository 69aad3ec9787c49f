"""The founding incident: four faults that hid behind one symptom, each switched on alone.

They are made where the reference executor made them: three in resolving the endpoint, one in attaching the context
warning. The executor itself has no switch for them; here it is handed a wrong endpoint, or a wrong function.
"""

from collections.abc import Callable, Sequence

import msgspec

from nexdiag.codec.scenario import of_texts
from nexdiag.core.endpoint import Endpoint
from nexdiag.core.message import Message
from nexdiag.runner.play import Stage

SCENARIO = msgspec.structs.replace(
    of_texts(
        "five-back-to-back",
        (
            "Hello, are you there?",
            (
                "Good. Somebody ran init, started the service, sent one message and got an answer; then the second "
                "message broke, and there was no error that they could read. Name the first three places where you "
                "would look for the cause of that, in the order in which you would look."
            ),
            "And if the log says nothing at all?",
            "What would a recording have shown?",
            "Thank you, that is all.",
        ),
    ),
    about="Five messages back to back. The window is small, so that the context warning comes with the second.",
    window=160,
)


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One of the four."""

    name: str
    title: str
    rule: str
    """The rule that must find it."""
    server: str
    """The profile of the server that refuses it."""
    base: str = "/v1"
    """Where that server's routes begin."""
    real: bool = False
    """Whether the real llama.cpp refuses it; it lets the other three pass, so they are shown on a stub."""
    switch_on: Callable[[Stage], Stage]


def push_warning(messages: Sequence[Message], text: str) -> list[Message]:
    """The warning as a user message of its own, right after the user's."""
    return [*messages, Message(role="user", content=text)]


def _without_v1(stage: Stage) -> Stage:
    return _with_endpoint(stage, base_url=stage.endpoint.base_url.removesuffix("/v1"))


def _with_prefix(stage: Stage) -> Stage:
    return _with_endpoint(stage, model=f"local:{stage.endpoint.model}")


def _with_stream_options(stage: Stage) -> Stage:
    profile = stage.endpoint.profile
    sends = msgspec.structs.replace(profile.sends, stream_options=True)
    return _with_endpoint(stage, profile=msgspec.structs.replace(profile, sends=sends))


def _with_pushed_warning(stage: Stage) -> Stage:
    return msgspec.structs.replace(stage, attach_warning=push_warning)


def _with_endpoint(stage: Stage, **changes: object) -> Stage:
    endpoint: Endpoint = msgspec.structs.replace(stage.endpoint, **changes)
    return msgspec.structs.replace(stage, endpoint=endpoint)


FAULTS = (
    Fault(
        name="no-v1",
        title="the base URL went out without /v1",
        rule="base-url-missing-v1",
        server="sglang",
        switch_on=_without_v1,
    ),
    Fault(
        name="model-prefix",
        title="the prefix local: was left in the model's name",
        rule="model-name-prefix",
        server="sglang",
        switch_on=_with_prefix,
    ),
    Fault(
        name="pushed-warning",
        title="the context warning was pushed as a second user message",
        rule="role-alternation",
        server="llama.cpp-strict",
        real=True,
        switch_on=_with_pushed_warning,
    ),
    Fault(
        name="stream-options",
        title="stream_options was sent to a server that refuses it",
        rule="stream-options-unsupported",
        server="azure-2024-05",
        base="/openai/deployments/tiny",
        switch_on=_with_stream_options,
    ),
)
