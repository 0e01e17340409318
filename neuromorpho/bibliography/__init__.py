"""Citations of cells: who to cite, as BibTeX, RIS or text.

A citation is data (`Citation`); the formats only write it.
"""
