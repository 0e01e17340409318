"""Live sessions over Jaxley. Importing this does not import JAX."""

from backends.jaxley.cell import JaxleyCellSession
from backends.jaxley.scene import JaxleySceneBuilder
from backends.jaxley.session import JaxleySession
from backends.live.history import HistoryCaptureMode

__all__ = ["HistoryCaptureMode", "JaxleyCellSession", "JaxleySceneBuilder", "JaxleySession"]
