"""`SurfaceView`, a 2-D field as a surface: its VTK scene, the lines and labels of its axes, and the canvas that paints both.

Only this folder of `app.views` loads VTK's renderer.
"""
