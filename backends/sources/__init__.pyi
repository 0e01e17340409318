"""What `backends.sources` hands out; each name is imported when it is first used."""

from .deferred import (
    DeferredSession as DeferredSession,
)
from .naming import (
    DEMO as DEMO,
    check_precision as check_precision,
)
from .source import (
    Backend as Backend,
    SessionSource as SessionSource,
)
