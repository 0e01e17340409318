"""The names that authors of CompNeuroVis type, with the arguments that they have there.

They are plain values; `backends.compneurovis.translation` turns them into ours.
"""
