"""What `backends.jaxley.compiled` hands out; each name is imported when it is first used."""

from .cache import (
    CachedModel as CachedModel,
)
from .diagnosis import (
    find_failing_mechanism as find_failing_mechanism,
)
from .inputs import (
    CurrentStep as CurrentStep,
    Inputs as Inputs,
    SampledInput as SampledInput,
)
from .prefetch import (
    Call as Call,
    Prefetcher as Prefetcher,
)
from .program import (
    WINDOW_STEPS as WINDOW_STEPS,
    BatchOutcome as BatchOutcome,
    ProgramModel as ProgramModel,
    Shape as Shape,
)
from .tables import (
    DERIVED as DERIVED,
    Arrays as Arrays,
    rows_with as rows_with,
)
from .tracing import (
    TracedModel as TracedModel,
)
