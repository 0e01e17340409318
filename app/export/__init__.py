"""Files that the window and the command line write: traces, pictures and reports.

Every file is written under a temporary name and then moved into place.
"""
