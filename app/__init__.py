"""The Somascope window: PySide6, VTK and pyqtgraph live here and nowhere else."""
