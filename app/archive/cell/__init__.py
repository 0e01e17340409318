"""One cell of the archive in the dock: its record, morphometry, 3-D preview, files and citation.

`CellPresenter` fills `DetailPanel` and its pages; `CellMenu` lists what can be done with it.
"""
