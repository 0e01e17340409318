"""Exports of search results, and the sheets that ask what to write and where."""
