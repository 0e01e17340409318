"""Exports of search results: CSV, JSON, provenance, BibTeX, RIS and text.

`writers` writes files and knows no widget; the two sheets ask what to write and where.
"""
