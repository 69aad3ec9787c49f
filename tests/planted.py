"""Planted secrets, one or more of each known shape, and what only looks like one. All are made up."""

import base64
import random

_ALNUM = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_random = random.Random(4)  # noqa: S311 - these secrets open nothing


def _made(size: int, signs: str = _ALNUM) -> str:
    return "".join(_random.choice(signs) for _ in range(size))


_HEX = "0123456789abcdef"
_UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_LOWER = "abcdefghijklmnopqrstuvwxyz0123456789"

PEM = (
    "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0011\n\n"
    + "\n".join(_made(64) for _ in range(3))
    + "\nAQ==\n-----END RSA PRIVATE KEY-----"
)
JWT = f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.{_made(43)}"
TOKENS: dict[str, str] = {
    "OpenAI key": f"sk-{_made(20)}T3BlbkFJ{_made(20)}",
    "OpenAI project key": f"sk-proj-{_made(30)}-{_made(20)}_{_made(40)}",
    "OpenAI session": f"sess-{_made(40)}",
    "Anthropic key": f"sk-ant-api03-{_made(50)}-{_made(40)}AA",
    "OpenRouter key": f"sk-or-v1-{_made(64, _HEX)}",
    "Groq key": f"gsk_{_made(52)}",
    "Cerebras key": f"csk-{_made(48, _LOWER)}",
    "Google key": f"AIzaSy{_made(33)}",
    "Google access token": f"ya29.a0{_made(60)}",
    "Google client secret": f"GOCSPX-{_made(28)}",
    "Hugging Face token": f"hf_{_made(34)}",
    "xAI key": f"xai-{_made(80)}",
    "Perplexity key": f"pplx-{_made(48)}",
    "Replicate token": f"r8_{_made(37)}",
    "Fireworks key": f"fw_{_made(24)}",
    "Together key": f"tgp_v1_{_made(43)}",
    "NVIDIA key": f"nvapi-{_made(64)}",
    "Azure key": f"{_made(52)}JQQJ99{_made(26)}",
    "AWS key id": f"AKIA{_made(16, _UPPER)}",
    "AWS session key id": f"ASIA{_made(16, _UPPER)}",
    "GitHub token": f"ghp_{_made(36)}",
    "GitHub fine-grained token": f"github_pat_{_made(22)}_{_made(59)}",
    "GitLab token": f"glpat-{_made(20)}",
    "Slack token": f"xoxb-{_made(12, '0123456789')}-{_made(12, '0123456789')}-{_made(24)}",
    "Slack app token": f"xapp-1-A{_made(10, _UPPER)}-{_made(13, '0123456789')}-{_made(64, _HEX)}",
    "Stripe key": f"sk_live_{_made(24)}",
    "Stripe restricted key": f"rk_live_{_made(24)}",
    "Twilio key": f"SK{_made(32, _HEX)}",
    "SendGrid key": f"SG.{_made(22)}.{_made(43)}",
    "npm token": f"npm_{_made(36)}",
    "PyPI token": f"pypi-AgEIcHlwaS5vcmc{_made(120)}",
    "DigitalOcean token": f"dop_v1_{_made(64, _HEX)}",
    "Databricks token": f"dapi{_made(32, _HEX)}",
    "Vault token": f"hvs.{_made(90)}",
    "Linear key": f"lin_api_{_made(40)}",
    "Vercel token": f"vcp_{_made(54)}7x",
    "Shopify token": f"shpat_{_made(32, _HEX)}",
    "JSON web token": JWT,
    "private key": PEM,
}
"""Secrets that are known by their shape alone, by whose they are."""
NAMED: dict[str, tuple[str, str]] = {
    "bearer token": ("Authorization: Bearer {}", _made(32)),
    "basic credentials": ("Authorization: Basic {}", base64.b64encode(f"user:{_made(12)}".encode()).decode()),
    "URL": ("postgres://app:{}@db.internal:5432/main", _made(14)),
    "Telegram bot token": (f"https://api.telegram.org/bot{_made(9, '123456789')}:{{}}/getMe", f"AA{_made(33)}"),
    "Discord bot token": ("Authorization: Bot {}", f"MTk4{_made(20)}.{_made(6)}.{_made(27)}"),
    "Slack webhook": ("https://hooks.slack.com/services/{}", f"T{_made(8, _UPPER)}/B{_made(8, _UPPER)}/{_made(24)}"),
    "AWS secret": ("aws_secret_access_key = {}", f"{_made(13)}/{_made(7)}+{_made(18)}"),
    "Azure key by name": ('{{"api-key": "{}"}}', _made(32, _HEX)),
    "Mistral key by name": ("MISTRAL_API_KEY={}", _made(32)),
    "Cohere key by name": ("export COHERE_API_KEY='{}'", _made(40)),
    "storage key": ("AccountName=x;AccountKey={};EndpointSuffix=core.windows.net", f"{_made(86)}=="),
    "password": ('{{"user": "me", "password": "{}"}}', "Tr0ub4dor&3x".replace("&", "!")),
    "password of a form": ("user=me&password={}&remember=1", _made(10) + "7x"),
    "option": ("curl --api-key {} http://h/", _made(32)),
    "cookie": ("Cookie: sid={}", _made(32)),
    "query": ("GET /v1/x?access_token={}&alt=sse", _made(30)),
    "letters alone": ("api_key={}", "qXvKpzRbWjHgTfLcNmDsYkQw"),
    "small letters alone": ('{{"client_secret": "{}"}}', "qxvkpzrbwjhgtflcnmdsykqw"),
    "short": ("token={}", "aB3kL9qW2"),
    "number": ("password={}", "8301947265"),
    "with signs": ("SECRET={}", "aB3$fG7!kL9@qW2#"),
    "with an ampersand": ("password={}", "Tr0ub4dor&3xyz"),
    "login of curl": ("curl -sS -u 'me:{}' http://h/", "S3cretPass99"),
    "login of mysql": ("mysql -h db -u root -p{} app", "S3cretPass99"),
    "login of .netrc": ("machine api.h login me password {}", "swordfish-of-old"),
    "variable in YAML": ("- name: OPENAI_API_KEY\n  value: {}", _made(12) + "7x"),
    "variable in JSON": ('{{"name": "OPENAI_API_KEY", "value": "{}"}}', _made(12) + "7x"),
    "next line in YAML": ("password:\n  {}\nuser: me", "Tr0ub4dor&3xyz"),
    "form of several parts": (
        'Content-Disposition: form-data; name="api_key"\r\nContent-Type: text/plain\r\n\r\n{}\r\n--x',
        "abcdefgh ijkl",
    ),
}
"""Secrets that are known by what stands before them: the text around, and the secret."""
LOOK_ALIKES: tuple[str, ...] = (
    "123e4567-e89b-12d3-a456-426614174000",
    '{"id":"chatcmpl-9dK3fJ2mQxZ8pLr5vTnWc7Yb1HsEa","object":"chat.completion.chunk","system_fingerprint":"fp_44709d6fcb"}',
    '{"tool_call_id":"call_a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6"}',
    '{"type":"tool_use","id":"toolu_01A09q90qw90lq917835lq9"}',
    '{"id":"msg_01XFDUDYJgAACzvnptvVoYEL","id2":"resp_67ccd2bed1ec8190b14f964abc0542670bb6a6b452d3795b"}',
    "x-request-id: req_8f14e45fceea167a5a36dedd4bea2543",
    "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "commit 4e75a30c0ffee1234567890abcdef1234567890a",
    "data:image/png;base64," + base64.b64encode(bytes(range(256)) * 8).decode(),
    "the sk- prefix, sk-learn, task-abcdefghijklmnopqrstuvwxyz",
    "sk-toggleable__label-arrow of sk-estimator-doc-link-label",
    "risk-adjusted-returns-for-2024-and-2025-in-europe",
    'api_key = os.environ["OPENAI_API_KEY"]; token = self.tokenizer.next_token()',
    "api_key=settings.OPENAI_API_KEY, password=getpass.getpass(), secret_key=config.secret_key_v2",
    'client = OpenAI(api_key="YOUR_API_KEY", base_url="http://localhost:8080/v1")',
    "client = OpenAI(api_key='your-api-key-here-1234567890')",
    "export OPENAI_API_KEY=$MY_KEY && curl -H 'Authorization: Bearer $OPENAI_API_KEY' http://h/",
    "export ANTHROPIC_API_KEY=<your key>; Authorization: Bearer ${TOKEN}; Bearer {token}",
    "Bearer authentication/authorization is described in RFC 6750; Basic authentication in RFC 7617",
    '{"max_tokens": 16384, "prompt_tokens": 123456, "completion_tokens": 1, "total_tokens": 123457}',
    '{"token":" Hello","logprob":-0.31725305,"bytes":[32,72,101,108,108,111],"top_logprobs":[]}',
    '{"password": "string", "token": "string", "required": ["password"]}',
    "stop_token = '<|endoftext|>'; eos_token_id=151645; next_page_token=CAUQAA1b2c3d4e5f6g7h8i9j0",
    "password: must have at least 8 characters and 1 digit",
    "def check_password(password: str, hashed: bytes) -> bool: return bcrypt.checkpw(password, hashed)",
    "the key is a1b2c3d4e5f6a7b8 of the dictionary; key=lambda item: item[1]; sort_keys=True",
    '{"key": "7f3d2c1b0a9e8d7c6b5a4f3e2d1c0b9a", "cache_key": "7f3d2c1b0a9e8d7c6b5a4f3e2d1c0b9a"}',
    "PWD=/home/me/project2 OLDPWD=/home/me/project1",
    "mailto:me@example.com, git@github.com:a/b.git, https://host/a:b@c, https://user@host/",
    "https://host:8000/v1/chat?a=b and http://127.0.0.1:8080/@scope/package",
    "-----BEGIN CERTIFICATE-----\nMIIEpAIBAAKCAQEA\n-----END CERTIFICATE-----",
    "-----BEGIN PUBLIC KEY-----\nMIIEpAIBAAKCAQEA\n-----END PUBLIC KEY-----",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJp8 me@host",
    "eyJhbGciOiJIUzI1NiJ9 alone",
    "hf_hub_download, gh_pages, ghp_short, xoxo-kisses, AKIA, SKU-1234, SG.x.y, npm_config_x",
    "model qwen3-coder-30b-a3b-instruct-q4_k_m.gguf, claude-3-5-sonnet-20241022",
    "ft:gpt-4o-mini-2024-07-18:org::AbCdEf12",
    "class SKScene; glpat; nvapi-docs; r8_bit; fw_update_available; dapi; sess-1; pplx-70b-online; xai-grok",
    "docker run -u 1000:1000 image; chown -u user:group; install -u root:wheel; mysql -pager; mysqld -p 3306",
    "token = Keyword.Pseudo; private_key: PrivateKeyTypes; token: str; password: hunter; access_token = getToken2",
    '{"token_type":"bearer","token":"Qwen2Tokenizer","secret":"internationalization","api_key":"utf8mb4_general"}',
    "password=12345678; password: correct-horse-battery-staple; Password:\n  the one that you chose in 2024",
    '<input name="api_key"><input name="password" value="">',
    "- name: OPENAI_API_KEY\n  valueFrom:\n    secretKeyRef: {name: llm-keys-v2, key: openai-api-key-v1}",
    "machine learning login page with password reset",
    "r8_unorm_srgb_texture_format_compat; hf_transfer_enabled_by_default",
)
"""What chats are full of. It must stay byte for byte."""
