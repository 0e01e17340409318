"""Writers for traces, text and JSON, used by the window and the command line.

Every file is written under a temporary name and then moved into place.
"""
