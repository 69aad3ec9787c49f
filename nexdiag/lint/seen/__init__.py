"""What the rules see of a recording or a bare exchange. Nothing is judged here.

fields    a request body, decoded field by field      message   one entry of its list, whatever the wire
history   the messages so far, and what is answered   answer    what came back, streamed or whole
view      one exchange                                past      what earlier exchanges of the recording told
case      all of these, as a rule is given them       words     the server's own words, unwrapped
bare      exchanges that lack parts
"""
