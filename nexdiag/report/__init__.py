"""Report → text: one file per format, each given a Report and nothing else.

Law: facts come from `summary`, recorded text passes `visible` before a person reads it, and what was not checked
is said. No I/O but reading the page's own assets, no clock, no network; rich only in `terminal`.
"""
