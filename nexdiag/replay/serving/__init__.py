"""The replay server: a recording over HTTP, chunk for chunk.

    server    listens                        desk      what becomes of each request
    sending   an answer as it goes out       onwire    its bytes: heads, chunks, ends
    visitors  who may ask                    served    what is told of each request
    ready     answers that are asked for again

Law: it starts fast, and binds to this machine alone. It knows no library that carries requests.
"""
