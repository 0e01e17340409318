"""The rows of the Controls panel: one class for each way to show a control, all with one interface.

`make_row` chooses the class; a row knows its spec and no session.
"""
