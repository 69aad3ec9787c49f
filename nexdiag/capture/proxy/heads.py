"""The head of a request as the upstream gets it: what of it is passed on. Pure.

Source: RFC 9110, section 7.6.1 (hop-by-hop fields). What heads are otherwise is told in `http1.heads`.
"""

from nexdiag.http1.heads import HOP, Asked, Pairs, tokens

_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})


def onward(asked: Asked, authority: bytes) -> Pairs:
    """The header fields of a request as the upstream gets them: its order and spelling stay."""
    dropped = HOP | set(tokens(asked.headers, b"connection"))
    size = b"%d" % len(asked.body)
    sent: Pairs = []
    sized = False
    for name, value in asked.headers:
        low = name.lower()
        if low in (b"content-length", b"transfer-encoding"):  # the body is whole by now: its length is known
            if not sized:
                sent.append((b"content-length", size))
            sized = True
        elif low == b"host":
            sent.append((name, authority))
        elif low not in dropped and not low.startswith(b"proxy-"):
            sent.append((name, value))
    if all(name.lower() != b"host" for name, _ in sent):
        sent.insert(0, (b"host", authority))
    if not sized and asked.method in _WITH_BODY:
        sent.append((b"content-length", size))
    return sent
