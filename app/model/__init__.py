"""The window's state: `Model`, which views read and connect to.

Fields and traces are in modules of their own.
"""

from app.model.model import Model as Model
from app.model.traces import TraceInfo as TraceInfo
