"""Files on disk: one folder a cell, checked when they arrive, with their metadata.

`NeuroMorphoCache` is the folder; `bulk` fills it; `library.check` finds and repairs damage.
"""
