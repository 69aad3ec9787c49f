"""Servers to test against: a stub with a named server's manners, and a real llama.cpp.

    stub      behaves as a profile says         serving     an ASGI application on a port of this machine
    script    what it says, from a file
    llama     a real llama.cpp server           tiny_model  a model of random weights for it, made on the spot

Law: nothing here records, and what the stub refuses is what the rules say that its server refuses.
"""
