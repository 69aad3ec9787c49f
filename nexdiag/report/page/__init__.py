"""The page: its scripts and styles, and the blocks in which it carries a recording.

Law: every asset is our own text, known by its hash; every recorded text goes through `blocks`, packed in base64 or as
JSON without `<`, so that nothing recorded can end an element.
"""
