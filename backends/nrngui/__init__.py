"""What a NEURON model shows in NEURON's own windows, read without opening one.

`GuiRecorder` receives the panels, graphs and shapes and gives them as controls, actions, views and traces.
"""

from backends.nrngui.recorder import GuiRecorder

__all__ = ["GuiRecorder"]
