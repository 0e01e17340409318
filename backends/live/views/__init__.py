"""What a live session shows beside its controls.

Further views and their frames, named traces, spikes, and the facts of a scene.
"""
