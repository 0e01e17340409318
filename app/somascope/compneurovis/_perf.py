"""`perf_log`: goes to Python's logging, where Somascope itself writes no times."""

import logging
from typing import Any

_LOG = logging.getLogger("somascope.compneurovis")


def perf_log(component: str, event: str, **fields: Any) -> None:
    """Log an event at the level DEBUG."""
    _LOG.debug("%s %s %s", component, event, fields)
