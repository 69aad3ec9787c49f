"""Plots of a run as inline SVG, made without scripts: they are there where the explorer is not.

Law: pure and small. A plot has at most `scale.MARKS` marks however long the run is, and says so where it joins several
turns in one; what it shows is also told in words, for who does not see it.
"""
