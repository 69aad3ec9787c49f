"""Asks one endpoint: a conversation in, a reply or the reason for none out. Everything public is imported from here.

client     one request; it never retries               answer     a response, streamed or whole, read
failure    what went wrong, classified once            overflow   the conversation is too long: by structure and numbers
clocks, guard   how long a silence may be              liveness   is the silent server still at work?
visible    what of a stream may be shown already       probe      what a server tells of itself
"""

from nexdiag.agent.client.client import Aside, ChatClient

__all__ = ["Aside", "ChatClient"]
