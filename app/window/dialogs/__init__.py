"""The small windows beside the main window; none of them blocks the simulation.

`windows` has the palette, shortcuts, messages and questions, `examples` the examples with their pictures.
"""
