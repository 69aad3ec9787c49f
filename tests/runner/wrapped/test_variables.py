"""What a wrapped command finds in its environment."""

import pytest

from nexdiag.capture.proxy.upstream import Upstream
from nexdiag.core.errors import UsageError
from nexdiag.runner.wrapped.variables import NO_KEY, VARIABLES, directed, elsewhere, upstream_of

PROXY = "http://127.0.0.1:47011"
LOCAL = Upstream.of("http://127.0.0.1:8080/v1")


def test_every_variable_leads_to_the_proxy_with_the_path_that_its_clients_want() -> None:
    made = directed({}, PROXY, upstream=LOCAL)
    assert {name: made[name] for name in VARIABLES} == {name: PROXY + path for name, path in VARIABLES.items()}
    assert made["OPENAI_BASE_URL"] == "http://127.0.0.1:47011/v1"
    assert made["ANTHROPIC_BASE_URL"] == made["OLLAMA_HOST"] == made["NEXDIAG_PROXY_URL"] == PROXY


def test_what_else_is_in_the_environment_stays() -> None:
    assert (
        directed({"HOME": "/h", "PATH": "/bin"}, PROXY, upstream=LOCAL).items()
        >= {"HOME": "/h", "PATH": "/bin"}.items()
    )


@pytest.mark.parametrize(
    "upstream", ["http://localhost:8080", "http://127.0.0.1:1", "http://127.9.9.9:1", "http://[::1]:1"]
)
def test_a_server_on_this_machine_wants_no_key_but_its_client_does(upstream: str) -> None:
    """OpenAI's SDK does not start without one."""
    assert directed({}, PROXY, upstream=Upstream.of(upstream))["OPENAI_API_KEY"] == NO_KEY
    assert directed({"OPENAI_API_KEY": ""}, PROXY, upstream=Upstream.of(upstream))["OPENAI_API_KEY"] == NO_KEY


def test_no_key_is_invented_for_a_server_elsewhere_and_none_replaced() -> None:
    far = Upstream.of("https://api.openai.com/v1")
    made = directed({}, PROXY, upstream=far)
    assert not [name for name in made if name.endswith("_KEY")]
    assert directed({"OPENAI_API_KEY": "mine"}, PROXY, upstream=LOCAL)["OPENAI_API_KEY"] == "mine"
    assert directed({}, PROXY, upstream=Upstream.of("https://127.0.0.1.example/v1")).get("OPENAI_API_KEY") is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, "127.0.0.1,localhost,::1"),
        ({"NO_PROXY": "corp.example"}, "corp.example,127.0.0.1,localhost,::1"),
        ({"no_proxy": "corp.example, localhost"}, "corp.example,localhost,127.0.0.1,::1"),
    ],
)
def test_loopback_goes_by_no_company_proxy(before: dict[str, str], after: str) -> None:
    """In both spellings, for clients that read one of them."""
    made = directed({"HTTP_PROXY": "http://corp:3128", **before}, PROXY, upstream=LOCAL)
    assert made["NO_PROXY"] == made["no_proxy"] == after
    assert made["HTTP_PROXY"] == "http://corp:3128"


def test_both_spellings_keep_what_each_had() -> None:
    made = directed({"NO_PROXY": "a", "no_proxy": "b"}, PROXY, upstream=LOCAL)
    assert made["NO_PROXY"].startswith("a,")
    assert made["no_proxy"].startswith("b,")


def test_the_upstream_is_where_the_command_would_have_gone() -> None:
    """The first variable that is set; nothing that is no URL."""
    environment = {"OPENAI_BASE_URL": " ", "OPENAI_API_BASE": "http://b/v1", "ANTHROPIC_BASE_URL": "http://c"}
    assert upstream_of(environment) == ("OPENAI_API_BASE", "http://b/v1")
    assert upstream_of({"OPENAI_BASE_URL": "not a url", "ANTHROPIC_BASE_URL": "http://c"}) == (
        "ANTHROPIC_BASE_URL",
        "http://c",
    )
    assert upstream_of({"HOME": "http://x"}) is None


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("box", "http://box:11434"),
        ("box:5000", "http://box:5000"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("0.0.0.0:80", "http://127.0.0.1:80"),
        ("[::1]", "http://[::1]:11434"),
        ("https://box/x", "https://box/x"),
    ],
)
def test_ollama_host_is_read_as_its_client_reads_it(host: str, url: str) -> None:
    assert upstream_of({"OLLAMA_HOST": host}) == ("OLLAMA_HOST", url)


def test_a_variable_with_credentials_is_refused_by_name_and_not_shown() -> None:
    """Silently taking another server would send the traffic elsewhere than before."""
    with pytest.raises(UsageError, match="OPENAI_BASE_URL") as caught:
        upstream_of({"OPENAI_BASE_URL": "http://me:hunter22@h/v1"})
    assert "hunter22" not in caught.value.what + caught.value.hint


def test_a_url_that_lacks_its_version_lacks_it_still() -> None:
    """The founding incident: a recording must show that mistake, and not mend it."""
    url = "http://127.0.0.1:8080"
    assert directed({"OPENAI_BASE_URL": url}, PROXY, upstream=Upstream.of(url))["OPENAI_BASE_URL"] == PROXY
    assert directed({"OPENAI_BASE_URL": f"{url}/v1/"}, PROXY, upstream=LOCAL)["OPENAI_BASE_URL"] == PROXY + "/v1"


@pytest.mark.parametrize(
    "url", ["https://h/api/v1", "https://h/api/paas/v4", "https://h/v1beta/openai", "http://h:1/v1"]
)
@pytest.mark.parametrize("path", ["/chat/completions", "/models"])
def test_a_request_comes_out_where_it_would_have_gone(url: str, path: str) -> None:
    """Through the proxy's own table of paths."""
    upstream = Upstream.of(url)
    base = directed({"OPENAI_BASE_URL": url}, PROXY, upstream=upstream)["OPENAI_BASE_URL"]
    assert upstream.origin + upstream.target((base + path).removeprefix(PROXY)) == url + path


def test_what_leads_elsewhere_is_named_and_can_be_left_alone() -> None:
    environment = {"OPENAI_BASE_URL": "http://localhost:8080/v1", "ANTHROPIC_BASE_URL": "https://api.anthropic.com"}
    environment |= {"OPENAI_API_BASE": "http://127.0.0.1:8080", "OLLAMA_HOST": "127.0.0.1:9"}
    keep = elsewhere(environment, LOCAL)
    assert keep == ("ANTHROPIC_BASE_URL", "OLLAMA_HOST")
    made = directed(environment, PROXY, upstream=LOCAL, keep=keep)
    assert made["ANTHROPIC_BASE_URL"] == "https://api.anthropic.com"
    assert made["OLLAMA_HOST"] == "127.0.0.1:9"
    assert made["OPENAI_API_BASE"] == PROXY
