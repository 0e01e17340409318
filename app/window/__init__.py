"""The main window: its docks, menus, toolbar, and the controller that connects them.

`Controller` connects widgets, model and session; `WindowCommands` is what menus and keys run.
"""
