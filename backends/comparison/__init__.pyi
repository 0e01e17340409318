"""What `backends.comparison` hands out; each name is imported when it is first used."""

from .metrics import (
    UPSTROKE_MARGIN_MS as UPSTROKE_MARGIN_MS,
    FloatArray as FloatArray,
    MaxDifference as MaxDifference,
    Samples as Samples,
    Spikes as Spikes,
    max_by_segment as max_by_segment,
    near_upstrokes as near_upstrokes,
    rms_by_segment as rms_by_segment,
    upstrokes as upstrokes,
    worst as worst,
    worst_away_from_upstrokes as worst_away_from_upstrokes,
)
from .result import (
    ROUNDING_MV as ROUNDING_MV,
    Comparison as Comparison,
    SideFacts as SideFacts,
    default_segments as default_segments,
)
from .run import (
    both_sides as both_sides,
    compare as compare,
)
from .side import (
    Simulator as Simulator,
)
from .variable_names import (
    translate_variable as translate_variable,
)
