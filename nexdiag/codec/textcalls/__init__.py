"""Tool calls that a model wrote into its text ⇄ calls. Servers without a tool parser for the model leave them there.

scan      openers of blocks, ends of JSON values and of blocks, in linear work
blocks    one block at one place → its calls, or nothing
recover   a text → what is said, and the calls; and what may be told while it grows
encode    calls → a text, in the format of each family of models

Law: pure. Only tools that are known, only blocks that are whole and stand for themselves: what is quoted is no call.
What cannot be read stays in the text to the letter.
"""

from nexdiag.codec.textcalls.encode import FORMATS, encode
from nexdiag.codec.textcalls.recover import Gate, Recovered, could_begin, recover

__all__ = ["FORMATS", "Gate", "Recovered", "could_begin", "encode", "recover"]
