"""NeuroMorpho.Org in the window: search, results, one cell, downloads, library, export.

`ArchivePresenter` connects the dock's widgets with `ArchiveService`; nothing is imported before the dock is first seen.
"""
