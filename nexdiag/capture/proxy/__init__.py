"""The recording reverse proxy: any client, one upstream, and a recorder beside them.

    http1.inbound ─► passage ─► outbound          a client's connection, one exchange, a connection to the upstream
                        └─► kept ─► recorder      beside the traffic, never in its way

Law: a request is read whole and judged before a byte of it goes on; an answer passes on as it comes; what breaks on one
side breaks on the other; whatever becomes of the recording, the traffic goes on.
"""
