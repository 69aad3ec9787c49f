"""Words → Findings: what is wrong with a request, on the server it was sent to.

    view       one exchange as the rules see it        history    its messages, and which call was answered
    rule       what a rule is made of                  rules/     one rule a file, and the one table of them
    server     what a profile module is made of        profiles/  one server a file, as data
    verdict    how much a fault matters on a server    engine     a recording, or a bare exchange → Findings
    bare       exchanges that lack parts               pages      a rule → its page

Law: no I/O, no clock, no network. A malformed exchange is a thing to judge, never an exception.
"""
