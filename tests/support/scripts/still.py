"""Values of a cell that do not move, as a script."""

import somascope as ss
from backends.mock.scene import build_geometry

view = ss.static(build_geometry(5))
view.morphology(view.geometry.path_distance, unit="µm")
view.slider("slope", 0, 10, value=1)
ss.show(title="Still")
