"""The list of search results: a model of pages of 100 rows, a table and a grid of pictures.

`ResultsModel` requests only the pages in view, so 300,000 results cost what one screen does.
"""
