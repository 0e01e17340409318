"""The search: its state as text, chips, query and JSON; filters, counts and suggestions.

`QueryState` is pure data; the controllers turn it into requests.
"""
