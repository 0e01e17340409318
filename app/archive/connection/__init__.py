"""The dock's requests and the state of the server: online, slow, down, offline, mirror.

`ArchiveService` runs requests in threads it owns and delivers results in the GUI thread; `status` derives the server's state from those requests.
"""
