"""What several outputs hold."""

ANY = "any"
FINDING = {
    "rule": "string: name of the rule",
    "code": "string: its code, NX101",
    "severity": "=error warning info",
    "message_index": "integer null: the message that has to change, from 0",
    "pointer": "string null: JSON pointer into the request, or into the answer where the rule judges that",
    "summary": "string: what is wrong, in one line",
    "evidence": ["string: a fact to check"],
    "because": "string: why it weighs what it does, where no recorded answer says so",
    "fix": "string: what to change",
    "turn?": "integer null: from 1; in a recording only",
    "exchange?": "integer null: from 0; in a recording only",
    "refused": "boolean: the recorded answer refused this very request, in words that this rule explains",
    "server_words": "string null: what the server said",
    "repeats": "integer: later exchanges that carry it too",
    "produced_by": [
        None,
        {
            "kind": "=answer `tool run`",
            "turn": "integer null: from 1",
            "exchange": "integer null: from 0",
        },
    ],
    "consequences": ["string: a finding that is there because of this one"],
}
COUNTS = {"*": "integer"}
REPLAYED_DIFFERENCE = {
    "pointer": "string: JSON pointer",
    "left": "any: as recorded",
    "right": "any: as it went out now",
    "kind": "=changed added removed moved",
    "right_pointer": "string null: where it stands now, if elsewhere",
}
REPORT_DIFFERENCE = {**REPLAYED_DIFFERENCE, "turn": "integer null: from 1"}
DIVERGENCE = {
    "turn": "integer null: from 1",
    "method": "string",
    "path": "string",
    "nearest": "integer null: the recording that is nearest, an exchange from 0",
    "nearest_turn": "integer null",
    "shared": "integer: messages that are equal before the first that is not",
    "sent": "integer null: messages of the request",
    "recorded": "integer null: messages of the nearest recording",
    "first": [None, REPLAYED_DIFFERENCE],
    "more": "integer: other differences in this request",
    "consequences": "integer: differences that only follow from it",
    "ambiguous": ["integer: other recordings that are as near"],
    "why": "string",
    "advice": "string: what to do",
}
