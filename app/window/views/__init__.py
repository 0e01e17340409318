"""The views of a scene in the middle of the window: where they stand, their panels, and their widgets."""
