"""From CompNeuroVis' scenes, updates and commands to ours, and back.

`adapter` holds an author's session; the other modules translate one thing each.
"""
