"""`ScriptWatch`: notices that an open script has changed on the disk."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from PySide6.QtCore import QFileSystemWatcher, QObject, QTimer, Signal

SETTLE_MS = 200
"""An editor writes a file in several steps: truncate, write, rename."""


class ScriptWatch(QObject):
    """Watches one file by its content: also where an editor puts another file in its place.

    Signals
    -------
    changed(str)
        The path, once its content is another one than when it was watched or reported last.
    """

    changed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._path: Path | None = None
        self._known = ""
        self._watcher = QFileSystemWatcher(self)
        self._timer = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._timer.timeout.connect(self.look)
        # The folder too: a file that was put in the place of another one is not watched any more.
        self._watcher.fileChanged.connect(lambda _: self._timer.start())
        self._watcher.directoryChanged.connect(lambda _: self._timer.start())

    def watch(self, path: str | None) -> None:
        """Watch another file, from its present content on; None watches none."""
        self._timer.stop()
        if watched := [*self._watcher.files(), *self._watcher.directories()]:
            self._watcher.removePaths(watched)
        self._path = None if path is None else Path(path)
        if self._path is not None:
            self._known = _digest(self._path)
            self._watcher.addPath(str(self._path.parent))
            self._watcher.addPath(str(self._path))

    def look(self) -> None:
        """Compare the file with what is known of it; a file that is gone or empty is still being written."""
        path = self._path
        if path is None:
            return
        if str(path) not in self._watcher.files() and path.is_file():
            self._watcher.addPath(str(path))
        digest = _digest(path)
        if digest and digest != self._known:
            self._known = digest
            self.changed.emit(str(path))

    def close(self) -> None:
        """Watch nothing any more."""
        self.watch(None)


def _digest(path: Path) -> str:
    """Return what tells one content from another, "" where there is none."""
    try:
        content = path.read_bytes()
    except OSError:
        return ""
    return sha256(content).hexdigest() if content.strip() else ""
