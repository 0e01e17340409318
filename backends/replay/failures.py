"""What is wrong with a file that is no usable recording, as one sentence that names it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from backends.errors import ProtocolError, SomascopeError, SourceError, first_line


@contextmanager
def telling_where(path: Path) -> Iterator[None]:
    """Let whatever is wrong with a recording be a SourceError that names the file."""
    try:
        yield
    except SourceError:
        raise
    except FileNotFoundError as error:
        raise SourceError(
            f"There is no file {path}; check its name and its folder.",
            code="not-found",
            hint="choose-file",
        ) from error
    except ProtocolError as error:
        raise bad(path, error.message.rstrip(".")) from error
    except SomascopeError:
        raise
    except MemoryError as error:
        raise bad(path, "there is not enough memory for it") from error
    except (OSError, ValueError, KeyError, TypeError, EOFError, RuntimeError) as error:
        # What numpy, zipfile and h5py raise for damaged files.
        raise bad(path, f"it cannot be read and may be cut off ({first_line(error)})") from error


def bad(path: Path, what: str) -> SourceError:
    """Return the error of a file that is no usable recording."""
    return SourceError(
        f"{path.name}: {what}; open another recording, or write this one again.",
        code="bad-recording",
        hint="choose-file",
    )
