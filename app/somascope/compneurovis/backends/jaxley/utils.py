"""What moves cells."""

from backends.compneurovis.jaxley import (
    translate_cell_xyzr as translate_cell_xyzr,
    translate_cells_xyzr as translate_cells_xyzr,
)
