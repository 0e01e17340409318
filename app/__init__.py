"""The Somascope application: window, command line, and runs without a window.

PySide6, VTK and pyqtgraph are used here and nowhere else.
"""
