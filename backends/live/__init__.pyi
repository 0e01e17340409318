"""What `backends.live` hands out; each name is imported when it is first used."""

from .engine import (
    LiveEngine as LiveEngine,
    T as T,
)
from .history import (
    HistoryCaptureMode as HistoryCaptureMode,
    SampleRing as SampleRing,
    TraceHistory as TraceHistory,
)
from .hook_checks import (
    short_repr as short_repr,
)
from .interactive import (
    InteractiveSession as InteractiveSession,
)
from .loaded_cell import (
    LoadedCell as LoadedCell,
)
from .nonfinite import (
    NonFiniteValue as NonFiniteValue,
    first_nonfinite as first_nonfinite,
)
from .run_control import (
    NO_LIMIT as NO_LIMIT,
    RunControl as RunControl,
    StepBudget as StepBudget,
    whole_steps as whole_steps,
)
from .session import (
    LiveSession as LiveSession,
)
from .stepper import (
    FloatArray as FloatArray,
    Stepper as Stepper,
)
