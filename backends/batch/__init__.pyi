"""What `backends.batch` hands out; each name is imported when it is first used."""

from .run import (
    MAX_BYTES as MAX_BYTES,
    BatchRun as BatchRun,
    RunPlan as RunPlan,
    RunSamples as RunSamples,
    StimulusFacts as StimulusFacts,
)
