"""Live sessions over Jaxley. Importing this does not import JAX."""

from backends.history import HistoryCaptureMode
from backends.jaxley.cell import JaxleyCellSession
from backends.jaxley.scene import JaxleySceneBuilder
from backends.jaxley.session import JaxleySession

__all__ = ["HistoryCaptureMode", "JaxleyCellSession", "JaxleySceneBuilder", "JaxleySession"]
