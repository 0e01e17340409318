"""What a live session shows beside its controls: further views, their frames, named traces, spikes, the facts of a scene."""
