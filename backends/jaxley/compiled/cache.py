"""Compiled programs of loaded cells, saved on disk: a second start needs neither Jaxley nor a compiler.

A loaded cell is fully described by its `Morphology`, its `CellModel`, a precision and the code that
builds it. What XLA compiled for it is saved under a digest of all these, of the versions of JAX and
Jaxley, and of the processor, together with the tables that the programs take. Any difference gives
another digest, so an old program is never used for a new cell. The file is a pickle, as JAX's own
serialized programs are: it is in the user's own cache folder and is read from nowhere else.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import os
import pickle
import platform
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backends.cellmodel.model import CellModel
from backends.jaxley.compiled.program import Program, Shape
from backends.jaxley.compiled.tables import Arrays, with_voltage
from backends.jaxley.simulator import Precision, cache_folder
from backends.morphology.morphology import Morphology
from backends.scene import DisplayVariable

SUFFIX = ".cell"
DIGESTED = ("cellmodel", "jaxley", "morphology", "scene.py")
"""Files and folders of `backends` whose code decides what is in a compiled cell: nseg and
mechanisms, Jaxley's tables and programs, areas and diameters, and the class of display variables."""
_BACKENDS = Path(__file__).resolve().parents[2]
_CHECKSUM_BYTES = sha256().digest_size


@dataclass(frozen=True)
class CachedProgram:
    """The content of a file.

    Attributes
    ----------
    nodes, edges : dict of ndarray
        The tables; see `Tables`.
    rows : dict of str to ndarray, shape (n_segments,), bool
        Which segments have each variable.
    display_variables : tuple of DisplayVariable
    preparation : tuple
        A program as JAX serializes it.
    programs : tuple of (Shape, tuple)
    """

    index: NDArray[np.int32]
    n_nodes: int
    readable: tuple[str, ...]
    state_names: tuple[str, ...]
    nodes: Arrays
    edges: Arrays
    rows: dict[str, NDArray[np.bool_]]
    display_variables: tuple[DisplayVariable, ...]
    preparation: tuple[Any, ...]
    programs: tuple[tuple[Shape, tuple[Any, ...]], ...]


def digest_of(morphology: Morphology, model: CellModel, precision: Precision, device: str) -> str:
    """Return a digest of everything that a compiled cell depends on."""
    digest = sha256()
    for section in morphology.sections:
        place = (section.name, section.swc_type, section.parent, section.parent_x)
        digest.update(repr((place, section.xyz.shape)).encode())
        digest.update(np.ascontiguousarray(section.xyz, np.float64).tobytes())
        digest.update(np.ascontiguousarray(section.radii, np.float64).tobytes())
    # Stimuli, recordings and v_init are arguments; all else is in the tables or the programs.
    membrane = replace(model, stimuli=(), recordings=(), v_init_mv=-65.0, dt_ms=0.025)
    versions = [importlib.metadata.version(name) for name in ("jax", "jaxlib", "jaxley", "numpy")]
    settings = (membrane.to_json(), precision, device, versions, _processor_features())
    digest.update(repr((*settings, digest_of_code())).encode())
    return digest.hexdigest()[:32]


def digest_of_code(backends: Path = _BACKENDS) -> str:
    """Return a digest of the path and content of every source file that a compiled cell depends on."""
    digest = sha256()
    for source in digested_files(backends):
        content = source.read_bytes()
        digest.update(f"{source.relative_to(backends).as_posix()} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def digested_files(backends: Path = _BACKENDS) -> list[Path]:
    """Return the Python files of `DIGESTED`, subfolders included, sorted.

    Raises
    ------
    FileNotFoundError
        If an entry of `DIGESTED` has no Python file: it was moved.
    """
    found: list[Path] = []
    for name in DIGESTED:
        place = backends / name
        files = sorted(place.rglob("*.py")) if place.is_dir() else [place]
        if not files or not files[0].is_file():
            raise FileNotFoundError(f"{place} has no Python file: correct DIGESTED in {__file__}")
        found += files
    return found


def _processor_features() -> str:
    """Return what compiled code depends on: the processor's instruction sets."""
    with contextlib.suppress(OSError):
        for line in (
            Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
        ):
            if line.startswith(("flags", "Features")):
                return " ".join(sorted(line.split()))
    return f"{platform.machine()} {platform.processor()}"


def path_of(digest: str) -> Path:
    """Return the file for a cell of this digest."""
    return cache_folder() / f"{digest}{SUFFIX}"


def load(digest: str) -> CachedProgram | None:
    """Return what is saved under a digest; None where there is nothing that can be read."""
    path = path_of(digest)
    try:
        if path.stat().st_uid != os.getuid():
            return None  # a pickle that another user has written
        content = path.read_bytes()
        if sha256(content[_CHECKSUM_BYTES:]).digest() != content[:_CHECKSUM_BYTES]:
            raise ValueError("cut off or damaged")
        found = pickle.loads(content[_CHECKSUM_BYTES:])
    except FileNotFoundError:
        return None
    except Exception:  # a pickle of another version may raise anything; the cell is compiled again
        delete(digest)
        return None
    return found if isinstance(found, CachedProgram) else None


def delete(digest: str) -> None:
    """Delete what is saved under a digest."""
    with contextlib.suppress(OSError):
        path_of(digest).unlink()


def save(digest: str, cached: CachedProgram) -> None:
    """Save a cell; where the folder cannot be written, the next start compiles again."""
    path = path_of(digest)
    content = pickle.dumps(cached, protocol=pickle.HIGHEST_PROTOCOL)
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".cell-")
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(sha256(content).digest() + content)
            os.replace(temporary, path)
        except BaseException:  # whatever ends the writing, even Ctrl-C, leaves no temporary file
            os.unlink(temporary)
            raise


def serialize_model(
    model: Any, display_variables: tuple[DisplayVariable, ...], before: CachedModel | None = None
) -> CachedProgram:
    """Return a `TracedModel` as it is saved, with the programs that were saved `before`."""
    from jax.experimental.serialize_executable import serialize

    nodes = model.tables.nodes()
    names = {*nodes, *model.readable, *(each.name for each in display_variables)}
    rows = {name: model.rows_with(name) for name in sorted(names)}
    programs = {} if before is None else dict(before.content.programs)
    programs |= {shape: serialize(each.compiled) for shape, each in model.programs.items()}
    return CachedProgram(
        index=model.index,
        n_nodes=model.n_nodes,
        readable=model.readable,
        state_names=model.tables.state_names(),
        nodes=nodes,
        edges=model.tables.edges(),
        rows={name: row for name, row in rows.items() if row is not None},
        display_variables=display_variables,
        preparation=serialize(model.preparation),
        programs=tuple(programs.items()),
    )


class CachedModel:
    """A model of programs loaded from disk; see `program.ProgramModel`.

    Parameters
    ----------
    cached : CachedProgram
    dtype : type
        numpy's float64 or float32.
    trace : callable
        Builds the `TracedModel`, for a program that was not saved or a table that changes.

    Raises
    ------
    Exception
        Whatever JAX raises about programs that it cannot load.
    """

    def __init__(
        self, cached: CachedProgram, dtype: type[np.floating[Any]], trace: Callable[[], Any]
    ) -> None:
        self.dtype = dtype
        self.index, self.n_nodes, self.readable = cached.index, cached.n_nodes, cached.readable
        self.content = cached
        self._trace = trace
        self._traced: Any = None
        self._preparation: Any = _deserialize(cached.preparation)
        self._programs = {
            shape: Program(shape, _deserialize(each), dtype) for shape, each in cached.programs
        }

    def traced(self) -> Any:
        """Return the traced model, which is built at the first call."""
        if self._traced is None:
            self._traced = self._trace()
        return self._traced

    def rows_with(self, name: str) -> NDArray[np.bool_] | None:
        """Return which segments have a variable, (n_segments,); None if there is no such."""
        return self.content.rows.get(name)

    def prepare(self, v_init: float | None, dt: float) -> tuple[Arrays, Arrays]:
        """Return states at rest, and parameters; only a loaded cell is saved, whose states nobody sets."""
        nodes, edges = self.content.nodes, self.content.edges
        if self._traced is not None:
            nodes, edges = self._traced.tables.nodes(), self._traced.tables.edges()
        if v_init is not None:
            nodes = with_voltage(nodes, self.index, v_init)
        at_rest = dict.fromkeys(self.content.state_names, np.zeros(self.n_nodes, bool))
        states, params = self._preparation(nodes, edges, at_rest, self.dtype(dt))
        return states, params

    def program(self, shape: Shape) -> Program:
        """Return the program for a shape, compiled if it was not saved."""
        known = self._programs.get(shape)
        if known is None:
            traced = self.traced()
            traced.prepare(-65.0, 0.025)
            known = self._programs[shape] = traced.program(shape)
        return known

    def close(self) -> None:
        """Release the programs."""
        self._programs.clear()
        self._preparation = None
        if self._traced is not None:
            self._traced.close()


def _deserialize(serialized: tuple[Any, ...]) -> Any:
    from jax.experimental.serialize_executable import deserialize_and_load

    return deserialize_and_load(*serialized)
