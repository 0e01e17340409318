"""The widgets of a scene's views, but for the cell (`app.viewport`) and traces (`app.traces`): one module a kind.

They know no session and no model: setters in, signals out. `app.presenters` fills them.
"""
