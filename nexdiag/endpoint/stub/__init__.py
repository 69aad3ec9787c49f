"""A stub with a named server's manners: it serves what that server serves, and refuses what it refuses, in its words.

    application   an ASGI application: which question it is, and who answers
    refusing      what lint calls an error → that server's status and body
    answers       what it says: of a script, or canned            calling    which tool it calls, when it is asked to
    speaking      a reply → bytes, with that server's habits      instance   the least value that fits a JSON schema
    beside        lists of models, health, properties

Law: everything that it refuses comes from the profile and the rules. It records nothing, and knows no model.
"""

from nexdiag.endpoint.stub.answers import Answer, Call
from nexdiag.endpoint.stub.application import StubEndpoint
from nexdiag.endpoint.stub.refusing import filled

__all__ = ("Answer", "Call", "StubEndpoint", "filled")
