"""CompNeuroVis's names and arguments, translated to the window's protocol; `somascope.compneurovis` hands them out.

An author's scene, session and messages are of these classes; `adapter.AppSession` holds them and is an ordinary
session. `NeuronSession` and `JaxleySession` are ours. No Qt, and no simulator until one is used.
"""
