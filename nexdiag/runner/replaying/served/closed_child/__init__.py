"""The network closed in Python programs that are started with this directory on their PYTHONPATH.

Law: it needs nothing but Python itself, costs next to nothing, and breaks no program that stays on this machine.
"""
