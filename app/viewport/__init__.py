"""The 3-D viewport.

Without Qt: `tubes` (numpy), `vtkdata`, `shaders`, `scene`, `overlay`, `marks`, `picking`, `detail`,
`navigation`, `pictures`. With Qt: `widget`, `blit`, `hardware`.
"""
