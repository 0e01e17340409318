"""The views of a scene in the middle of the window.

`tree` and `area` say where they stand, `panel` what is around each, `contents` which widget shows it.
"""
