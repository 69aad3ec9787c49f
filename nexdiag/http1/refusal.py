"""What a server of ours answers in its own words, in the shape of OpenAI's errors: every client shows them. Pure."""

from http import HTTPStatus

import msgspec


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """An answer of our own."""

    status: int
    what: str
    hint: str
    code: str = "bad_request"

    def encode(self, *, by: str = "proxy", bodiless: bool = False, close: bool = True) -> bytes:
        """Return the answer of the server `by` as bytes.

        `bodiless`: to a HEAD. `close`: what follows on the connection is not trusted.
        """
        error = {
            "message": f"nexdiag {by}: {self.what} (hint: {self.hint})",
            "type": f"nexdiag_{by}_error",
            "param": None,
            "code": self.code,
            "hint": self.hint,
        }
        body = msgspec.json.encode({"error": error})
        head = f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}\r\ncontent-type: application/json\r\n"
        head += f"content-length: {len(body)}\r\nserver: nexdiag\r\n"
        head += "connection: close\r\n\r\n" if close else "\r\n"
        return head.encode("ascii") + (b"" if bodiless else body)


def malformed(why: str) -> Refusal:
    """What came is not HTTP/1.1, or could be read in two ways."""
    return Refusal(
        status=HTTPStatus.BAD_REQUEST,
        what=f"not a well-formed HTTP/1.1 request: {why}",
        hint="nothing of it was passed on; send one Content-Length or chunks, and plain http",
    )


TOO_LONG = Refusal(
    status=HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    what="the head of the request is longer than 64 KiB",
    hint="send fewer or shorter headers",
    code="head_too_long",
)
TRAILER = Refusal(
    status=HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    what="what stands behind the body, or between its chunks, is longer than 64 KiB",
    hint="send no trailer: it is not passed on",
    code="trailer_too_long",
)
TOO_LARGE = Refusal(
    status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    what="the body of the request is larger than 512 MiB",
    hint="send it to the server itself: what is that large is not recorded",
    code="body_too_large",
)
TUNNEL = Refusal(
    status=HTTPStatus.NOT_IMPLEMENTED,
    what="CONNECT is for a forward proxy, and this is a reverse proxy",
    hint="set the client's base URL to this address instead of HTTP_PROXY or HTTPS_PROXY",
    code="not_a_forward_proxy",
)
ABSOLUTE = Refusal(
    status=HTTPStatus.BAD_REQUEST,
    what="a path is wanted as the target of the request, found a whole URL or none",
    hint="set the client's base URL to this address instead of HTTP_PROXY",
    code="not_a_forward_proxy",
)
UPGRADE = Refusal(
    status=HTTPStatus.NOT_IMPLEMENTED,
    what="an upgrade to another protocol cannot be recorded",
    hint="use the plain HTTP interface: no websocket",
    code="upgrade_refused",
)
VERSION = Refusal(
    status=HTTPStatus.HTTP_VERSION_NOT_SUPPORTED,
    what="HTTP/1.1 or HTTP/1.0 is wanted",
    hint="turn HTTP/2 off in the client",
    code="version_refused",
)
CODING = Refusal(
    status=HTTPStatus.NOT_IMPLEMENTED,
    what="a Transfer-Encoding other than chunked is not understood",
    hint="compress with Content-Encoding instead",
    code="transfer_encoding_refused",
)
EXPECTATION = Refusal(
    status=HTTPStatus.EXPECTATION_FAILED,
    what="the only expectation that can be met is 100-continue",
    hint="leave the Expect header away",
    code="expectation_refused",
)
HOST = malformed("one Host header is wanted")
