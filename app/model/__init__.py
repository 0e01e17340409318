"""The window's state: `Model`, which views read and connect to; fields and traces in modules of their own."""

from app.model.model import Model as Model
from app.model.traces import TraceInfo as TraceInfo
