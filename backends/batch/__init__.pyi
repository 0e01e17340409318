"""What `backends.batch` hands out; each name is imported when it is first used."""

from .run import (
    MOST_BYTES as MOST_BYTES,
    BatchRun as BatchRun,
    RunPlan as RunPlan,
    RunSamples as RunSamples,
    StimulusFacts as StimulusFacts,
)
