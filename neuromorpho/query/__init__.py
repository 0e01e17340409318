"""Queries to the archive: built from words and fields, or read from a file.

`NeuroMorphoQuery` is immutable and writes the archive's own syntax.
"""
