"""The local library: records and morphometry in one SQLite file, searched without a network.

`Library` is the entry; its index counts facets of 300,000 cells while one types.
"""
