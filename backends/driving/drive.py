"""`drive` and `run`: a session in a script or notebook, with no window and no thread."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator, Sequence
from os import PathLike, fspath
from typing import Any

from backends.driving.collector import UpdateCollector
from backends.driving.frame_log import FrameLog
from backends.driving.result import RunResult
from backends.driving.stepping import advance_for, read_into
from backends.errors import RequestError
from backends.messages import CaptureTrace, SceneReady, SessionUpdate
from backends.morphology.segment_names import check_segments, soma_segment
from backends.scene import Scene
from backends.session import Session, titled

Model = Session | Callable[[], Session] | str | PathLike[str]
"""A session, its class, or what `somascope` opens: a file, or the name of a bundled cell."""


def drive(
    model: Model, for_ms: float | None = None, *, record: Sequence[str] = ()
) -> Iterator[SessionUpdate]:
    """Build a model, run it, and yield what it reports; it is shut down at the end.

    The first update is `SceneReady`. Leaving the loop ends the run.

    Parameters
    ----------
    model : Session, its class, or str
        What `somascope` opens may be named too: ``"pyramidal"``, ``"my_cell.swc"``.
    for_ms : float or None
        Simulated time, ms; None runs until the session stops by itself or the loop is left.
    record : sequence of str
        Segments whose traces are captured: ``"soma(0.5)"``.

    Raises
    ------
    SomascopeError
        If the model cannot be built, lacks a segment, or fails.
    """
    session = session_of(model)
    collected = UpdateCollector()
    try:
        first = _begin(session, collected, record)
        if collected.scene is not None:
            yield SceneReady(collected.scene)
        yield from first
        for updates in advance_for(session, collected, for_ms):
            yield from updates
    finally:
        session.shutdown()


def run(
    model: Model,
    for_ms: float,
    *,
    record: Sequence[str] | None = None,
    frame_ms: float | None = None,
) -> RunResult:
    """Run a model, and return its traces and fields as arrays with units.

    A live session's traces have a sample at every step of dt. An error that does not end the run is in
    `RunResult.errors`, and a warning.

    Parameters
    ----------
    model : Session, its class, or str
        What `somascope` opens may be named too: ``"pyramidal"``, ``"my_cell.swc"``.
    for_ms : float
        Simulated time, ms.
    record : sequence of str or None
        Segments whose traces are recorded; None is the soma.
    frame_ms : float or None
        Time between frames of the first morphology's field, or else of the first view's, ms; None keeps
        no frames but the last values, in `RunResult.fields`.

    Raises
    ------
    SomascopeError
        If the model cannot be built, lacks a segment, or fails.
    """
    if not 0 < for_ms < math.inf or (frame_ms is not None and not 0 < frame_ms < math.inf):
        raise RequestError(
            f"A run needs a time > 0 ms, and frames a time > 0 ms between them; not {for_ms!r} and "
            f"{frame_ms!r}.",
            code="bad-duration",
        )
    session = session_of(model)
    collected = UpdateCollector()
    try:
        _sample_every_step(session)
        _begin(session, collected, record, is_soma_default=record is None)
        start = collected.time_ms
        frames = FrameLog(collected)
        for _ in frames.advance_for(session, for_ms, frame_ms):
            pass  # `collected` has them
        dt = collected.scene.dt_ms if collected.scene is not None else None
        missing = for_ms - (collected.time_ms - start)
    finally:
        session.shutdown()
    for sentence in collected.errors:
        warnings.warn(sentence, RuntimeWarning, stacklevel=2)
    return frames.result(is_complete=missing <= (dt or 0.0) + 1e-6)


def session_of(model: Model) -> Session:
    """Return the session that is meant: itself, one of its class, or of what is named."""
    if isinstance(model, Session):
        return model
    if isinstance(model, str | PathLike):
        from backends.sources.source import SessionSource

        return SessionSource.parse(fspath(model)).create()
    made: Any = model() if callable(model) else None
    if not isinstance(made, Session):
        raise RequestError(
            f"{model!r} is no session: give a session, its class, or the name of a file or bundled cell.",
            code="not-a-session",
        )
    return made


def _begin(
    session: Session,
    collected: UpdateCollector,
    record: Sequence[str] | None,
    *,
    is_soma_default: bool = False,
) -> list[SessionUpdate]:
    """Build the model and record segments; return the first updates."""
    collected.set_scene(titled(session.initialize(), session))
    first = read_into(collected, session)
    return first + record_segments(session, collected, record or (), is_soma_default)


def record_segments(
    session: Session,
    collected: UpdateCollector,
    record: Sequence[str],
    is_soma_default: bool,
    where: str = "",
) -> list[SessionUpdate]:
    """Capture the traces of segments, or the soma's where none is named; return the updates.

    Raises
    ------
    RequestError
        If the model has no such segment.
    """
    scene = collected.scene
    geometry = scene.geometry if scene else None
    where = where or (scene.title if scene else type(session).__name__)
    if geometry is None:
        if record:
            raise RequestError(
                f"{where} has no morphology, so there is no segment {record[0]!r}.",
                code="no-morphology",
            )
        return []
    check_segments(geometry, record, where)
    chosen = record or ((soma_segment(geometry),) if is_soma_default and _has_time(scene) else ())
    for segment_id in dict.fromkeys(chosen):
        session.handle(CaptureTrace(segment_id))
    return read_into(collected, session)


def _has_time(scene: Scene | None) -> bool:
    return scene is not None and not scene.cannot_run


def _sample_every_step(session: Session) -> None:
    from backends.live.engine import engine_of
    from backends.live.session import LiveSession

    if isinstance(session, LiveSession):
        engine_of(session).sampler.every_step = True
