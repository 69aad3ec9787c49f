"""A model made on the spot: half a megabyte of random weights that the real llama.cpp server loads.

Its answers are made of random words, but its chat template is a real one, and so are the server's refusals.
A few embedding dimensions pass through all layers untouched, and the output matrix reads them as a bias per token.
One is constant: it makes words likely, and the end of a turn. The others tell which group the last token belongs
to, and so decide what follows it: `<tool_call>` after the line break that ends a prompt, but no end of the turn,
so that no answer is empty.

Law: the extra `nexdiag[llama]` is imported here and in `llama.py` only, when it is needed and not before.
"""

from importlib import import_module
from pathlib import Path
from string import ascii_lowercase
from typing import Any, NamedTuple

from nexdiag.core.errors import UsageError

ALTERNATE = "Conversation roles must alternate user/assistant/user/assistant/..."
"""What the Mistral family of templates says to two user messages in a row."""

STRICT_TEMPLATE = (
    """\
{%- set talk = namespace(last='', system='') -%}
{{- bos_token -}}
{%- for message in messages -%}
  {%- if message.role == 'system' -%}
    {%- if not loop.first -%}{{- raise_exception('System message must be at the beginning.') -}}{%- endif -%}
    {%- set talk.system = message.content + '\\n\\n' -%}
  {%- elif message.role == 'user' -%}
    {%- if talk.last not in ['', 'assistant'] -%}{{- raise_exception('ALTERNATE') -}}{%- endif -%}
    {{- '[INST]' + talk.system + message.content + '[/INST]\\n' -}}
    {%- set talk.system = '' -%}
  {%- elif message.role == 'assistant' -%}
    {%- if talk.last not in ['user', 'tool'] -%}{{- raise_exception('ALTERNATE') -}}{%- endif -%}
    {{- (message.content or '') -}}
    {%- for call in message.tool_calls or [] -%}
      {{- '[CALL]' + call.function.name + '[ARGS]' -}}
      {{- call.function.arguments if call.function.arguments is string else call.function.arguments | tojson -}}
    {%- endfor -%}
    {{- eos_token -}}
  {%- elif message.role == 'tool' -%}
    {%- if talk.last not in ['assistant', 'tool'] -%}{{- raise_exception('ALTERNATE') -}}{%- endif -%}
    {{- '[RESULT]' + message.content + '\\n' -}}
  {%- else -%}
    {{- raise_exception('Only user, assistant and tool roles are supported!') -}}
  {%- endif -%}
  {%- if message.role != 'system' -%}{%- set talk.last = message.role -%}{%- endif -%}
{%- endfor -%}
"""
).replace("ALTERNATE", ALTERNATE)
"""Has a place for one system message, and demands alternation; knows calls and results, but shows the model no tools.

The arguments of a call must show: llama.cpp learns from the template how calls are written, and makes a grammar of it
as soon as a request offers tools. Without arguments it writes a rule that it cannot read, and answers 400.
"""

TOOL_TEMPLATE = """\
{%- if tools -%}
  {{- '<|im_start|>system\\nTools:\\n<tools>\\n' -}}
  {%- for tool in tools -%}{{- tool | tojson + '\\n' -}}{%- endfor -%}
  {{- '</tools>\\nCall a tool with a JSON object of name and arguments between <tool_call></tool_call>:\\n' -}}
  {{- '<tool_call>\\n{"name": <name>, "arguments": <arguments>}\\n</tool_call><|im_end|>\\n' -}}
{%- endif -%}
{%- for message in messages -%}
  {%- if message.role == 'tool' -%}
    {{- '<|im_start|>user\\n<tool_response>\\n' + message.content + '\\n</tool_response><|im_end|>\\n' -}}
  {%- else -%}
    {{- '<|im_start|>' + message.role + '\\n' + (message.content or '') -}}
    {%- for call in message.tool_calls or [] -%}
      {{- '\\n<tool_call>\\n{"name": "' + call.function.name + '", "arguments": ' -}}
      {{- call.function.arguments if call.function.arguments is string else call.function.arguments | tojson -}}
      {{- '}\\n</tool_call>' -}}
    {%- endfor -%}
    {{- '<|im_end|>\\n' -}}
  {%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}
  {{- '<|im_start|>assistant\\n' -}}
  {%- if not tools or messages[-1].role == 'tool' -%}{{- '\\t' -}}{%- endif -%}
{%- endif -%}
"""
"""In the manner of Hermes and Qwen: tools in the system message, calls as JSON between tags, any order of roles.

The tab at its end tells the tiny model not to call: no tools are offered, or one has just answered.
"""

TALKS = -40.0
"""A `tool_bias` with which the model only talks."""
CALLS = 12.0
"""A `tool_bias` with which it calls a tool when a user has spoken and tools are offered."""

_WORDS = """
amber anchor autumn basil beacon birch candle canyon cedar clover copper coral dawn ember fern granite harbour hazel
island ivory jasper juniper lantern linen maple meadow mist north olive orchard pebble quartz raven saffron silver
thistle timber valley walnut willow
"""
_WIDTH, _HEADS, _KEY_HEADS, _LAYERS, _FEED = 64, 4, 1, 2, 128
_HEAD = _WIDTH // _HEADS
_LEVEL = 64.0
"""The value of the constant dimension, and of the one for the token's group; the random ones are near 1."""
_NEVER, _RARE = -40.0, -12.0
_NEWLINE, _TAB, _OPEN, _CLOSE, _END = "<0x0A>", "<0x09>", "<tool_call>", "</tool_call>", "<|im_end|>"
_SPELLED = tuple("▁" + word for word in _WORDS.split())
_CHARACTERS = tuple(chr(code) for code in range(33, 127))


class _Token(NamedTuple):
    """One entry of the vocabulary."""

    text: str
    kind: int
    bias: float
    score: float = 0.0
    """The tokenizer joins the pair of the highest score first; characters are the last resort."""


class _Group(NamedTuple):
    """Tokens, and what changes in the bias of others right after one of them."""

    tokens: tuple[str, ...]
    after: dict[tuple[str, ...], float]


def _groups(tool_bias: float) -> list[_Group]:
    """Tell what follows what. Single characters mean JSON, where words would never end."""
    return [
        _Group((_NEWLINE,), {(_OPEN,): tool_bias - 2 * _RARE, (_CLOSE,): tool_bias - 8 - 2 * _RARE, (_END,): _NEVER}),
        _Group((_TAB,), {(_END,): _NEVER}),
        _Group((_OPEN,), {(_NEWLINE,): 80.0}),
        _Group(('"',), {_SPELLED: _NEVER}),
        _Group(("}",), {_SPELLED: _NEVER, (_NEWLINE,): 36.0, ("}",): 30.0, ('"',): 60.0}),
        _Group(tuple(text for text in _CHARACTERS if text not in '"}'), {_SPELLED: _NEVER, ('"',): 9.0}),
    ]


def extra(name: str) -> Any:  # noqa: ANN401 - the libraries of the extra come without types
    """Import a module of the extra `nexdiag[llama]`.

    Raises UsageError, if the extra is not installed.
    """
    try:
        return import_module(name)
    except ImportError as error:
        what = f"a real llama.cpp server needs {name}, but the extra nexdiag[llama] is not installed ({error})"
        raise UsageError(what, hint="pip install 'nexdiag[llama]'") from error


def write_tiny_model(path: Path, *, template: str = STRICT_TEMPLATE, tool_bias: float = TALKS, seed: int = 11) -> None:
    """Write a llama-architecture GGUF of random weights to `path`; equal arguments make equal files.

    Raises UsageError, if the extra is not installed.
    """
    writer = extra("gguf").GGUFWriter(path, "llama")
    vocabulary = _vocabulary(extra("gguf").TokenType)
    _describe(writer, vocabulary, template)
    for name, tensor in _tensors(vocabulary, tool_bias, seed).items():
        writer.add_tensor(name, tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _vocabulary(kinds: Any) -> list[_Token]:  # noqa: ANN401 - an enumeration of gguf, which has no types
    """List every token, in the order of their ids; the first three are where llama.cpp expects them."""
    # The grammar of a call leaves only characters: letters come easily, and what ends a number; no tag is spelled.
    ease = dict.fromkeys(ascii_lowercase, 4.0) | {"}": 3.5, "]": 3.5, ",": 2.0, "<": _NEVER}
    tokens = [_Token("<unk>", kinds.UNKNOWN, _NEVER), _Token("<s>", kinds.CONTROL, _NEVER)]
    tokens.append(_Token(_END, kinds.CONTROL, 3.5))
    tokens += [_Token(f"<0x{byte:02X}>", kinds.BYTE, 2 * _RARE) for byte in range(256)]
    tokens += [_Token(text, kinds.CONTROL, _NEVER) for text in ("<|im_start|>", "[INST]", "[/INST]")]
    tokens += [_Token(text, kinds.USER_DEFINED, 2 * _RARE) for text in (_OPEN, _CLOSE)]
    tokens += [_Token(text, kinds.NORMAL, _RARE + ease.get(text, 0.0), -1000.0) for text in _CHARACTERS]
    tokens.append(_Token("▁", kinds.NORMAL, _RARE, -1000.0))
    tokens += [_Token(text, kinds.NORMAL, 2.0, -10.0) for text in _SPELLED]
    return tokens


def _describe(writer: Any, vocabulary: list[_Token], template: str) -> None:  # noqa: ANN401 - gguf has no types
    """Write the header: shape, tokenizer and template."""
    writer.add_name("tiny")
    writer.add_context_length(131072)
    writer.add_embedding_length(_WIDTH)
    writer.add_block_count(_LAYERS)
    writer.add_feed_forward_length(_FEED)
    writer.add_head_count(_HEADS)
    writer.add_head_count_kv(_KEY_HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(_HEAD)
    writer.add_vocab_size(len(vocabulary))
    writer.add_file_type(0)
    writer.add_tokenizer_model("llama")
    writer.add_tokenizer_pre("default")
    writer.add_token_list([token.text.encode() for token in vocabulary])
    writer.add_token_types([int(token.kind) for token in vocabulary])
    writer.add_token_scores([token.score for token in vocabulary])
    writer.add_unk_token_id(0)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_add_bos_token(False)
    writer.add_add_space_prefix(False)
    writer.add_chat_template(template)


def _tensors(vocabulary: list[_Token], tool_bias: float, seed: int) -> dict[str, Any]:
    """Make all weights, by name: random ones, with the first dimensions kept clear for the constant and the groups."""
    numpy = extra("numpy")
    random = numpy.random.default_rng(seed)
    groups = _groups(tool_bias)
    reserved = 2 + len(groups)  # the constant, the tokens of no group, each group

    def normal(*shape: int, spread: float) -> Any:  # noqa: ANN401 - an array of numpy
        return (random.standard_normal(shape) * spread).astype(numpy.float32)

    embedding, output = normal(len(vocabulary), _WIDTH, spread=1.0), normal(len(vocabulary), _WIDTH, spread=0.8)
    embedding[:, :reserved] = output[:, :reserved] = 0
    embedding[:, :2] = _LEVEL
    output[:, 0] = [token.bias for token in vocabulary]
    index = {token.text: place for place, token in enumerate(vocabulary)}
    for dimension, group in enumerate(groups, start=2):
        members = [index[text] for text in group.tokens]
        embedding[members, 1] = 0
        embedding[members, dimension] = _LEVEL
        for texts, change in group.after.items():
            output[[index[text] for text in texts], dimension] = change
    # The last normalisation divides by the root of the mean square: this much is left of a reserved dimension.
    output[:, :reserved] /= _LEVEL / numpy.sqrt((2 * _LEVEL**2 + _WIDTH - reserved) / _WIDTH)
    tensors = {"token_embd.weight": embedding, "output.weight": output}
    tensors["output_norm.weight"] = numpy.ones(_WIDTH, numpy.float32)
    for layer in range(_LAYERS):
        block = _block(numpy, normal, reserved)
        tensors |= {f"blk.{layer}.{name}": tensor for name, tensor in block.items()}
    return tensors


def _block(numpy: Any, normal: Any, reserved: int) -> dict[str, Any]:  # noqa: ANN401 - numpy is optional, so its types are unknown here
    """Make the weights of one layer, which neither reads the reserved dimensions nor writes them."""
    norm = numpy.ones(_WIDTH, numpy.float32)
    norm[:reserved] = 0
    attention, feed = normal(_WIDTH, _WIDTH, spread=0.3), normal(_WIDTH, _FEED, spread=0.2)
    attention[:reserved] = 0
    feed[:reserved] = 0
    return {
        "attn_norm.weight": norm,
        "ffn_norm.weight": norm.copy(),
        "attn_q.weight": normal(_WIDTH, _WIDTH, spread=0.6),
        "attn_k.weight": normal(_KEY_HEADS * _HEAD, _WIDTH, spread=0.6),
        "attn_v.weight": normal(_KEY_HEADS * _HEAD, _WIDTH, spread=0.6),
        "attn_output.weight": attention,
        "ffn_gate.weight": normal(_FEED, _WIDTH, spread=0.3),
        "ffn_up.weight": normal(_FEED, _WIDTH, spread=0.3),
        "ffn_down.weight": feed,
    }
