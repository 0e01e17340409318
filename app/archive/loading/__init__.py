"""Finds or downloads the file of a cell, and loads it into the window.

`ArchiveLoader` is used by a double-click, a drop and the command line.
"""
