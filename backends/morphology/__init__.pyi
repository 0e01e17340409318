"""What `backends.morphology` hands out; each name is imported when it is first used."""

from .auto_layout import (
    CELL_GAP as CELL_GAP,
    SectionWithoutPoints as SectionWithoutPoints,
    lay_out_sections as lay_out_sections,
)
from .geometry import (
    geometry_from_polylines as geometry_from_polylines,
)
from .morphology import (
    Morphology as Morphology,
    Section as Section,
    build_geometry as build_geometry,
    segment_counts as segment_counts,
)
from .polylines import (
    Polyline as Polyline,
    PolylineBatch as PolylineBatch,
    cut_at_segments as cut_at_segments,
)
from .summary import (
    ORIGIN_KEY as ORIGIN_KEY,
    morphology_facts as morphology_facts,
)
from .swc_types import (
    SwcType as SwcType,
    type_word as type_word,
)
