"""All profiles, and how the right one is found: by name, by free text, by the marks on an exchange.

One server a module, as data: `PROFILE`, and where they apply `CONDITIONAL` and `MARKS`. A new server is a new
module and a new line in `table`.
"""

from nexdiag.core.endpoint import Profile, Wire
from nexdiag.core.exchange import Exchange
from nexdiag.lint.profiles.naming import NAMED, named, resolve
from nexdiag.lint.profiles.table import ALL, EVERY, SERVERS, UNKNOWN, VERSIONS
from nexdiag.lint.server import Conditional

__all__ = ("ALL", "NAMED", "SERVERS", "UNKNOWN", "VERSIONS", "condition", "named", "recognise", "resolve")

_BODY_READ = 20_000


def recognise(exchange: Exchange) -> Profile | None:
    """The profile of the server that answered, by its headers, its address and what it says of its models."""
    response = exchange.response
    headers = () if response is None else response.headers
    body = "" if response is None else response.body[:_BODY_READ].decode("utf-8", "replace")
    for server in SERVERS:
        if server.left_marks(headers, exchange.request.url, body):
            return server.profile
    return None


def condition(profile: Profile, rule: str, model: str = "", wire: Wire = "chat") -> Conditional | None:
    """On what it depends whether this server refuses the fault that `rule` finds; None if it is not known to.

    With a model, whether it may refuse it of that one.
    """
    server = EVERY.get(profile.name)
    return None if server is None else server.condition(rule, model, wire)
