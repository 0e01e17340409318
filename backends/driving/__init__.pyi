"""What `backends.driving` hands out; each name is imported when it is first used."""

from .collector import (
    GrowingTrace as GrowingTrace,
    UpdateCollector as UpdateCollector,
)
from .drive import (
    drive as drive,
    run as run,
)
from .result import (
    RunResult as RunResult,
    TraceSamples as TraceSamples,
)
from .stepping import (
    advance_for as advance_for,
)
