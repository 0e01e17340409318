"""The 3-D viewport.

Without Qt: `tubes` (numpy), `vtkdata`, `shaders`, `cell_shape`, `morphology_actors`, `scene`, `overlay`, `marks`,
`picking`, `detail`, `navigation`, `pictures`. With Qt: `widget`, `pointing`, `blit`, `hardware`.
"""
