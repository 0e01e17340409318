"""The main window: its docks, menus, toolbar, and the controller that connects them.

`Controller` holds all connections between widgets, model and session; `WindowCommands` is what the menus and keys run.
"""
