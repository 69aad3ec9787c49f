"""The server's half of HTTP/1.1, for servers of ours that must see what is on the wire: proxy and replay server.

    bytes ─► inbound ─► Asked ─► Answerer ─► Answering ─► inbound.send, finished or cut ─► bytes

Law: a request is read whole and judged before anybody answers it; requests of one connection are answered in order;
what could be read in two ways is refused. Who answers, and with what, is not known here.
"""
