"""The panels Cell, Controls and Inspector: setters in, signals out.

They know no session and no model; `app.presenters` fills them.
"""
