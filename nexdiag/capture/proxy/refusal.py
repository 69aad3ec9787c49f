"""What the proxy answers where its upstream gives no answer. Pure."""

from http import HTTPStatus

from nexdiag.http1.refusal import Refusal

_REACHED = "see the server's log: it took the request and gave no answer"
_TRUST = "name the certificates that are to be trusted in SSL_CERT_FILE, before the proxy is started"


def unreachable(upstream: str, failure: str) -> Refusal:
    """No answer can be had from the upstream; `failure` is what is recorded of it."""
    timed_out = failure.startswith("ConnectTimeout")
    reached = not failure.startswith("Connect")
    return Refusal(
        status=HTTPStatus.GATEWAY_TIMEOUT if timed_out else HTTPStatus.BAD_GATEWAY,
        what=f"no answer from {upstream}: {failure}",
        hint=_TRUST if "CERTIFICATE" in failure else _REACHED if reached else "is the server running?",
        code="upstream_broke_off" if reached else "upstream_unreachable",
    )
