"""What a NEURON model shows in NEURON's own windows: panels, graphs and shapes, read without opening a window."""

from backends.nrngui.recorder import GuiRecorder

__all__ = ["GuiRecorder"]
