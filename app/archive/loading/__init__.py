"""From a neuron id to a file in the cache, and from there into the window.

`ArchiveLoader` is used by a double-click, a drop and the command line.
"""
