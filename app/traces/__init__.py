"""The live trace plot: stored samples, canvas, legend, toolbar.

`TracePlot` takes samples and emits what the user wants; it knows no session.
"""
