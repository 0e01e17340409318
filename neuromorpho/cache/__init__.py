"""Files on disk: one folder a cell, checked when they arrive, with their metadata.

`NeuroMorphoCache` is the folder; `download` fills it; `check` finds and repairs damage.
"""
