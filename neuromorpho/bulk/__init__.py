"""One cell or many: pages of a search fetched ahead, a queue of downloads that survives a restart, a report.

`download_many` and `harvest_to_file` are the entries; `DownloadQueue` keeps its state in SQLite.
"""
