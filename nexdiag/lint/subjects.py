"""What each fault is told in, whoever tells it: a subject of the request, and a complaint of it. Data only.

Law: a row names a rule, the likeliest first, and the expressions that must all be found, each linear. What one server
alone says belongs to the rule; what a row says must be true of servers that nobody has met.
"""

_NO = (
    r"\bnot\b|n't\b|\bno\b|cannot|without|unsupported|unexpected|unknown|unrecogni[sz]ed|unpermitted|unavailable"
    r"|invalid"
    r"|illegal|malformed|reject|refus|forbid|disallow|missing|\bonly\b|不支持|非法|无效|不正确|错误|缺少"
)
_LACK = (
    r"missing|required|\bempty\b|blank|at least (?:one|1)|minimum|non-?empty|too short|not specified"
    r"|greater than or equal to 1|为空"
)
_MUST = r"\bmust\b|should|\bneeds?\b|requires?|has to|expected|必须"
_WRONG = rf"{_NO}|{_MUST}|pattern|match|\bregex|too long|exceed"
_UNABLE = (
    r"(?:not|n't|no longer) (?:\w+ ){0,2}(?:support|allow|permit|accept|available|enabled?)|unsupported|unavailable"
    r"|not (?:supported|allowed|permitted|available|enabled)|no endpoints? found|deprecated|不支持|cannot (?:be used"
    r"|accept)"
)
_STRANGE = (
    r"extra|unknown|unsupported|unrecogni[sz]ed|unexpected|unpermitted|not (?:supported|allowed|permitted"
    r"|recogni[sz]ed)"
    r"|(?:not|n't) (?:support|allow|accept|recogni[sz]e)|no such|got an unexpected"
)
_CALL = r"tool.?(?:calls?|use|uses)\b|function.?calls?\b"
_ANSWER = (
    r"tool.?(?:messages?|results?|responses?|outputs?)\b|function.?(?:responses?|call.?outputs?)\b|role\W{1,4}tool\b"
)
_TOOLS = r"\btools\b|\bfunctions\b|\btoolConfig\b"
_CALL_ID = r"tool_calls\[\d+\]\.id|tool.?call.?ids?\b|call.?ids?\b|tool_use\.id|tool.?use.?ids?\b|tool.?ids?\b"
_SAMPLING = (
    r"\btemperature\b|\btop_?[pk]\b|(?:presence|frequency|repetition)[_ ]?penalty|\bmin_p\b|logit_?bias"
    r"|\blogprobs\b|\bseed\b"
)
_BUDGET = (
    r"max_?(?:output|completion|new)?_?tokens|maximum (?:\w+ ){0,2}tokens|output tokens|max_gen_len|maxOutputTokens"
)
_OVER = (
    r"exceed|greater than|more than|larger than|longer than|too (?:long|large|big|high)|\bover\b|less than"
    r"|lower than|fewer"
    r"|at most|between|[<>]=?|supports only \d|out of range|超过|超出|overflow"
)
ROWS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("prefill-trailing-whitespace", (r"trailing (?:white ?)?space|end with (?:white ?)?space",)),
    ("thought-signature-missing", (r"thought.?signature", _NO)),
    (
        "thinking-block-modified",
        (r"thinking|thought|reasoning", r"modif|alter|tamper|remain as|unchanged|invalid .{0,12}signature|signature"),
    ),
    (
        "stream-options-unsupported",
        (r"stream_options|include_usage", _WRONG, r"^(?:(?!when .{0,3}stream\b|requires? .{0,3}stream\b).)*$"),
    ),
    ("reasoning-content-missing", (r"reasoning_content", r"missing|passed back|must (?:be|contain|include)|required")),
    (
        "reasoning-content-rejected",
        (r"\breasoning(?:_content|_details)?\b", rf"{_STRANGE}", r"message|content|field|input"),
    ),
    (
        "thinking-block-unexpected",
        (r"thinking", r"disabled|(?:not|n't) enabled|to use thinking|cannot (?:contain|be) .?(?:redacted_)?thinking"),
    ),
    (
        "thinking-block-missing",
        (r"\b(?:redacted_)?thinking\b", r"must|missing|passed back|required|preced|expected|found"),
    ),
    ("content-and-thinking-both", (r"\bcontent\b", r"\bthinking\b", r"\bboth\b")),
    ("developer-role", (r"\bdeveloper\b", rf"{_WRONG}|one of")),
    ("assistant-last", (r"pre-?fill", _WRONG)),
    (
        "assistant-last",
        (
            r"^(?:(?!except|optional).)*$",
            r"(?:last|final|end(?:s|ing)?)\b",
            r"\bassistant\b|\bmodel (?:turn|role)|user (?:message|role|turn)",
            _MUST,
        ),
    ),
    ("user-after-tool", (r"\buser\b|message", r"after (?:role |a |the )?\W?tool|last entry .{0,40}tool results", _NO)),
    (
        "no-user-message",
        (
            (
                r"no user (?:message|query|turn|prompt|input)|at least one user|user (?:message"
                r"|query) (?:is )?(?:missing"
                r"|required|not found)"
            ),
        ),
    ),
    ("first-message-not-user", (r"(?:start|begin|first)", r"\buser\b", _MUST)),
    ("multiple-system-messages", (r"(?:multiple|more than one|only one|single|second) system",)),
    ("system-not-first", (r"\bsystem\b", r"beginning|\bfirst\b|at the (?:start|top)|position|index 0|top-level")),
    (
        "system-not-first",
        (
            r"roles?\b.{0,40}\bsystem\b|system\b.{0,20}\brole",
            r"incorrect|invalid|unknown variant|got system|not (?:valid|allowed)",
        ),
    ),
    (
        "system-role-unsupported",
        (r"\bsystem\b", r"\broles?\b|message|prompt|instruction", rf"{_UNABLE}|{_STRANGE}|are supported|got system"),
    ),
    ("tool-call-not-after-user", (r"call turns?", r"after", r"user")),
    ("role-alternation", (r"(?:2|two) or more (?:user|assistant)|multiple (?:user|assistant) messages",)),
    (
        "role-alternation",
        (r"alternat|consecutive|in a row|successive|same role|角色", r"roles?\b|messages?\b|user|角色"),
    ),
    (
        "tool-choice-without-tools",
        (r"tool.?choice", _TOOLS, r"without|require|specified|\bset\b|given|provided|present|\bwhen\b|empty|none"),
    ),
    ("tool-choice-unsupported", (r"tool.?choice", _UNABLE)),
    ("tool-choice-invalid-value", (r"tool.?choice", rf"{_WRONG}|one of|valid")),
    (
        "tool-description-too-long",
        (r"description", r"too long|exceed|at most|max(?:imum)?.?length|longer", r"tool|function"),
    ),
    (
        "tool-not-declared",
        (
            _TOOLS,
            r"must be defined|must be (?:provided|present|specified|included)",
            r"toolUse|tool_use|tool_calls|history",
        ),
    ),
    (
        "tool-schema-invalid",
        (
            r"function_?declarations?\b|\binput_?schema\b|\bjson ?schema\b|tools?\b.{0,60}parameters|grammar",
            rf"{_WRONG}|{_STRANGE}",
            r"schema|propert|grammar|type|\$ref|parameters|Unknown name",
        ),
    ),
    (
        "tool-schema-invalid",
        (
            r"\b(?:any|one|all)Of\b|\$ref|additionalProperties|propertyNames|function\.parameters",
            rf"{_WRONG}|{_STRANGE}|required",
        ),
    ),
    ("empty-tool-calls-array", (r"tool_calls['\"`]?:? ?(?:is |are |must not be )?(?:an )?empty|empty .?tool_calls",)),
    (
        "too-many-tools",
        (
            _TOOLS,
            (
                r"too many|too long|more than \d+|at most \d+|maximum (?:number|of)|exceed\w* .{0,30}(?:limit|max"
                r"|number)|limit (?:of|is)"
            ),
        ),
    ),
    ("empty-tools-array", (_TOOLS, rf"{_LACK}|\[\]", r"^(?:(?!tool.?call|\bname\b|messages?).)*$")),
    ("server-tools-not-enabled", (r"--[a-z-]{3,30}", r"tool|jinja")),
    ("duplicate-tool-call-id", (rf"{_CALL}|tool", r"duplicate|unique|distinct|more than once", r"\bids?\b")),
    ("duplicate-tool-result", (_ANSWER, r"duplicate|multiple|more than one|already|single")),
    ("message-id-collision", (r"\b(?:item|message)", r"duplicate|unique|distinct|\bshare|collision|same", r"id\b")),
    (
        "orphan-tool-result",
        (
            (
                rf"\bno (?:matching |corresponding |preceding |previous )?(?:{_CALL}).{{0,20}}found"
                rf"|number of .{{0,6}}tool.?result.{{0,60}}exceed"
            ),
        ),
    ),
    (
        "unanswered-tool-call",
        (
            (
                rf"(?:missing|\bno|without|not (?:have|the same)|followed by|number of|corresponding"
                rf"|equal)\b.{{0,60}}(?:{_ANSWER}"
                rf"|respon|tool_result)"
            ),
            _CALL,
        ),
    ),
    ("unanswered-tool-call", (_CALL, rf"(?:{_ANSWER}) (?:is|are|was|were) (?:missing|not)")),
    (
        "tool-call-id-mismatch",
        (
            rf"{_CALL_ID}|{_ANSWER}|functionResponse\.id",
            r"does(?: not|n't) match|not found|mismatch|no match|is missing|unknown",
            r"\bid\b|tool_call_id|call_id",
        ),
    ),
    (
        "tool-call-id-format",
        (_CALL_ID, r"length|characters|pattern|alphanumeric|too long|required|format|\bmatch|regex|valid"),
    ),
    (
        "orphan-tool-result",
        (_ANSWER, r"must|preced|exceed|immediately|corresponding|matching|without|unexpected|previous|orphan"),
    ),
    (
        "tool-args-not-json",
        (
            r"\barguments?\b|tool_use\.input|\bargs\b",
            r"\bjson\b|parse|decod|unmarshal|escap|delimiter|unterminated",
            r"tool|function|call|message",
        ),
    ),
    (
        "tool-args-not-object",
        (
            r"arguments?\b|tool_use\.input|\bargs\b",
            r"object|dict|mapping|map\b|\bitems\b",
            r"tool|function|call|message",
        ),
    ),
    ("tool-name-empty", (r"\bname\b", r"tool|function", _LACK)),
    ("tool-name-format", (r"(?:tools|functions)[.\[]\d+.{0,12}\bname", _WRONG)),
    (
        "tool-name-format",
        (
            r"\bname\b",
            r"tool|function",
            r"pattern|match|regex|alphanumeric|letter|character|too long|constraint|length|invalid",
        ),
    ),
    (
        "tool-not-declared",
        (
            r"\btool",
            (
                r"not (?:\w+ )?(?:declared|defined|registered|available|in (?:the )?(?:list|tools"
                r"|request))|must be defined"
                r"|undeclared|unknown tool|not found in"
            ),
        ),
    ),
    (
        "tool-schema-invalid",
        (
            r"schema|parameters|properties|\$ref|grammar|function_declaration",
            r"tool|function|input_?schema|grammar",
            _WRONG,
        ),
    ),
    ("tools-unsupported", (r"\btools?\b|function[- ]?call", _UNABLE)),
    (
        "image-unsupported",
        (
            r"image|vision|multi-?modal|picture|media\b",
            rf"{_UNABLE}|text.?only|only (?:supports? )?text|must be .?text|unknown variant|not an? (?:vision|multi)",
            r"^(?:(?!unsupported image|upload|download|decod|format).)*$",
        ),
    ),
    ("null-content", (r"content", r"\bnull\b|\bnone\b|\bnil\b|undefined|NoneType", r"message|content")),
    (
        "content-array-unsupported",
        (
            r"\bcontent\b|\btext\b|message",
            r"\blist\b|\barray\b|sequence|\bstr(?:ing)?\b|element|oneOf",
            rf"{_WRONG}|expects?|unmarshal|type",
            r"^(?:(?!m(?:in|ax)imum length|delta|tool_calls\[|non-?empty|must have|'tool_calls').)*$",
        ),
    ),
    (
        "empty-content",
        (
            r"content|\btext\b|\bmessages?\b",
            r"empty|blank|non-?empty|non-?whitespace|at least (?:one|1)|must have|either|must be set",
        ),
    ),
    ("missing-content", (r"\bcontent\b", r"missing|required|must (?:include|have|contain)|absent")),
    ("system-not-first", (r"\brole\b", r"should be .?user.? or .?assistant.?")),
    (
        "malformed-request",
        (
            r"\bmessages\b",
            (
                r"field required|not iterable|(?:must|should) be (?:a|an) (?:valid )?(?:list|array)|expected (?:a"
                r"|an) (?:list|array)"
            ),
            r"^(?:(?!content|role|tool).)*$",
        ),
    ),
    ("empty-messages", (r"\bmessages\b|\bcontents\b|\binput\b", rf"{_LACK}", r"^(?:(?!tool|image).)*$")),
    ("sampling-param-unsupported", (_SAMPLING, rf"{_WRONG}|{_UNABLE}")),
    ("max-tokens-exceeds-context", (_BUDGET, r"above maximum|<=|valid range|too large|between|exceed")),
    ("max-tokens-param", (r"max_(?:completion_|output_|new_)?tokens", rf"{_STRANGE}|instead|use .{{0,3}}max_")),
    ("max-tokens-exceeds-context", (_BUDGET, _OVER)),
    (
        "context-overflow",
        (
            (
                r"(?:maximum|configured) (?:context|prompt) (?:length|size|window)|reduce the length|(?:messages?"
                r"|prompt|request) (?:has|have|contains?) \d+ tokens"
            ),
        ),
    ),
    (
        "context-overflow",
        (
            r"context|prompt|tokens|input|window|上下文",
            rf"{_OVER}|truncat",
            r"tokens?|context|length|window|prompt|\d+k\b|上下文",
        ),
    ),
    ("unknown-message-field", (r"\bmessages?\b", _STRANGE, r"field|propert|\bkey\b|attribut|\bname\b|inputs?\b")),
    (
        "role-alternation",
        (r"\broles?\b|角色", r"unexpected|unknown|invalid|incorrect|not allowed|不正确", r"^(?:(?!tool).)*$"),
    ),
    (
        "unknown-param",
        (r"^\S{3,40}(?:=\S{1,20})? (?:is|are) (?:not supported|unsupported|not allowed|not permitted|not available)",),
    ),
    ("unknown-param", (r"argument|param|field|propert|\bkey\b|option|inputs?\b", _STRANGE)),
    (
        "model-not-found",
        (
            r"\bmodels?\b|deployment",
            (
                r"^(?:(?!(?:by|for|with|on|of) (?:this|the) model|models? (?:does|do) ?n.t support"
                r"|model does not support).)*$"
            ),
            (
                r"not found|(?:not|n't) exist|unknown|invalid|no such|not (?:a )?valid|unavailable"
                r"|(?:not|n't) (?:have )?(?:access"
                r"|available|supported|loaded)|malformed|不存在"
            ),
        ),
    ),
)
KIN: dict[str, tuple[str, ...]] = {
    "unanswered-tool-call": (
        *("tool-result-not-adjacent", "split-parallel-tool-calls", "tool-call-id-mismatch", "dropped-tool-result"),
        *("tool-use-not-last-in-turn", "duplicate-tool-result", "orphan-tool-result"),
    ),
    "orphan-tool-result": (
        *("tool-result-not-adjacent", "tool-call-id-mismatch", "split-parallel-tool-calls", "empty-tool-calls-array"),
        *("duplicate-tool-result", "tool-call-id-reused-across-turns", "null-content", "unanswered-tool-call"),
    ),
    "role-alternation": (
        *("multiple-system-messages", "first-message-not-user", "system-not-first", "user-after-tool"),
        *("developer-role", "assistant-last", "system-role-unsupported"),
    ),
    "system-not-first": ("multiple-system-messages", "system-role-unsupported"),
    "system-role-unsupported": ("system-not-first", "multiple-system-messages"),
    "content-array-unsupported": ("null-content", "image-unsupported", "content-part-unsupported", "missing-content"),
    "empty-content": ("null-content", "missing-content", "empty-assistant-message", "empty-tool-calls-array"),
    "null-content": ("missing-content", "empty-content"),
    "missing-content": ("null-content", "empty-content"),
    "tool-args-not-json": ("tool-args-not-object", "tool-args-wrong-type"),
    "tool-args-not-object": ("tool-args-not-json", "tool-args-wrong-type"),
    "model-not-found": ("model-name-prefix",),
    "max-tokens-exceeds-context": ("context-overflow",),
    "unknown-param": ("unknown-message-field", "sampling-param-unsupported", "stream-options-unsupported"),
    "tools-unsupported": ("server-tools-not-enabled",),
}
"""Faults that are told in the same words: structure alone tells them apart."""
