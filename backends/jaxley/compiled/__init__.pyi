"""What `backends.jaxley.compiled` hands out; each name is imported when it is first used."""

from .cache import (
    KeptModel as KeptModel,
)
from .diagnosis import (
    first_flaw as first_flaw,
)
from .inputs import (
    CurrentStep as CurrentStep,
    Inputs as Inputs,
    Sampled as Sampled,
)
from .prefetch import (
    Ahead as Ahead,
    Call as Call,
)
from .program import (
    WINDOW_STEPS as WINDOW_STEPS,
    Model as Model,
    Outcome as Outcome,
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
