"""A model's own chat template as judge: rendered as the servers do, in a sandbox, it says what it refuses.

    outcome        what a rendering came to, and what a template is made of   words alone, no jinja2
    limits         fuel, and how large anything may grow
    operators      + * ~ == in, each bounded
    filters        the filters, tests and functions that chat templates use, each bounded
    watched        texts that remember how a template used them
    sandbox        the environment: what it lets a template do
    weighed        the template's syntax tree, with the price of its loops written in
    program        one template, compiled once and rendered often
    abilities      what a template can take: parts or texts, arguments as objects, a system message
    prepared       messages as llama.cpp hands them to a template
    server_checks  what llama.cpp refuses before the template is asked
    conversation   requests of three wires as chat messages
    culprit        which message makes it raise
    chat_template  the template as judge: the door of this package

Law: a template is hostile input. It reads no file, opens no connection, and ends within its fuel.
jinja2 is imported by this package alone, and this package only where a template is given.
"""
