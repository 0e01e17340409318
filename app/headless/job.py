"""`run_headless`: runs a source without a window and writes files (`somascope run`).

Ctrl+C ends the run between two batches; the data until then is complete and is written.
"""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from app.archive.connection.options import ArchiveOptions
from app.archive.loading.fetch import fetch_for_command
from app.export.files import check_folder, naming, write_json
from app.export.traces import write_traces
from app.headless.run import HeadlessRun, Progress, column_of
from backends.errors import SomascopeError, SourceError
from backends.isolated.session import IsolatedSession
from backends.scene import Scene
from backends.scripts import message_with_location
from backends.session import Session
from backends.sources.source import Membrane, SessionSource, Trees, Units


@dataclass(frozen=True)
class HeadlessJob:
    """What to run, for how long (ms), what to record, where to write, and how to reach the archive."""

    source: str
    duration_ms: float
    backend: str | None = None
    precision: str | None = None
    dt_ms: float | None = None
    units: Units = "um"
    trees: Trees = "main"
    membrane: Membrane = "hh"
    record: tuple[str, ...] = ()
    traces: Path | None = None
    image: Path | None = None
    audit: Path | None = None
    recording: Path | None = None
    frame_ms: float = 0.1
    archive: ArchiveOptions = field(default_factory=ArchiveOptions)


@dataclass
class HeadlessReport:
    """Lines about what was done, and sentences about what went wrong."""

    lines: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def run_headless(job: HeadlessJob, progress: Progress | None = None) -> HeadlessReport:
    """Run the job; the data is written even if the run fails or is stopped by Ctrl+C.

    Raises
    ------
    SomascopeError
        If the source cannot be opened or built, or lacks a segment of `job.record`.
    OSError
        If a file cannot be written; folders are checked before the simulation starts.
    """
    for path in (job.traces, job.image, job.audit, job.recording):
        if path is not None:
            check_folder(path)
    if job.image is not None and find_spec("matplotlib") is None:
        raise SourceError(
            'A picture needs packages that are not installed: run pip install "somascope[gui]", or '
            "leave out --image.",
            code="gui-missing",
        )
    source = SessionSource.parse(job.source, job.backend, job.precision)
    source = replace(
        fetch_for_command(source, job.archive, progress),
        dt_ms=job.dt_ms,
        units=job.units,
        trees=job.trees,
        membrane=job.membrane,
    )
    session = make_session(source)
    try:
        return _JobRun(job, source.title, HeadlessRun(session, progress)).run()
    except KeyboardInterrupt:
        session.cancel()  # a compilation does not react to signals
        raise
    finally:
        session.shutdown()
        if progress is not None:
            progress("")


def make_session(source: SessionSource) -> Session:
    """Return the source's session; it samples traces at every step and has no other history.

    A cell on Jaxley is built in another process: compiling cannot be interrupted, and a broken JAX may
    abort. A script runs in this process, so that its output is visible.
    """
    source = replace(source, every_step=True, history_capture_mode="on_demand")
    if source.is_cell and source.backend == "jaxley":
        return IsolatedSession(source.create, name=source.title, remedy="run it again")
    from backends.live.engine import engine_of
    from backends.live.session import LiveSession

    session = source.create()
    if isinstance(session, LiveSession):
        engine_of(session).sampler.every_step = True
    return session


class _JobRun:
    """One run of a job."""

    def __init__(self, job: HeadlessJob, title: str, run: HeadlessRun) -> None:
        self._job = job
        self._begun_in = Path.cwd()  # a model may go to another folder
        self._title = title
        self._run = run
        self._report = HeadlessReport(errors=run.errors)

    def run(self) -> HeadlessReport:
        """Build, run and write; return the report."""
        self._start()
        self._simulate()
        if self._job.traces is not None:
            self._write_traces(self._job.traces)
        if self._job.image is not None:
            self._write_image(self._job.image)
        if self._job.recording is not None:
            self._write_recording(self._job.recording)
        return self._report

    def _start(self) -> None:
        audit = self._job.audit
        try:
            self._run.start(self._job.record, self._title)
        except SomascopeError as error:
            if audit is not None and self._run.scene is None:
                write_json(
                    self._full(audit), {"source": self._job.source, "refused": refusal_of(error)}
                )
            raise
        if line := audit_line(self._run.scene, is_written=audit is not None):
            self._add_line(f"reader   {line}")
        if audit is not None:
            write_json(self._full(audit), audit_of(self._job.source, self._run))
            self._add_line(f"audit    {audit}")

    def _simulate(self) -> None:
        wanted, begin, ended = self._job.duration_ms, time.perf_counter(), True
        start_ms = self._run.time_ms
        scene, job = self._run.scene, self._job
        reason = "" if scene is None else scene.cannot_run
        if reason and job.image is not None and job.traces is None and job.recording is None:
            self._add_line(f"{self._title}: {reason}")  # a picture needs no time
            return
        try:
            with catch_ctrl_c() as stopped:
                frame_ms = self._job.frame_ms if self._job.recording else None
                ended = self._run.run(wanted, stopped, frame_ms)
        except SomascopeError as error:
            self._report.errors.append(message_with_location(error))
        seconds = time.perf_counter() - begin
        done = self._run.time_ms - start_ms
        on = f" on {simulator_label(scene)}" if scene and scene.backend else ""
        self._add_line(f"{self._title}{on}: {done:g} of {wanted:g} ms simulated in {seconds:.2f} s")
        if not ended:
            saved = "; the traces until then are saved" if self._job.traces else ""
            self._report.errors.append(f"Stopped by Ctrl+C at {done:g} of {wanted:g} ms{saved}.")
        elif self._run.has_clock and not self._report.errors and self._is_short(wanted - done):
            self._report.errors.append(
                f"{self._title} stopped by itself at {done:g} of {wanted:g} ms."
            )

    def _is_short(self, missing_ms: float) -> bool:
        """Whether at least one step is missing; a rest shorter than a step is never simulated."""
        scene = self._run.scene
        step = scene.dt_ms if scene is not None and scene.dt_ms is not None else 0.0
        return missing_ms > step + 1e-6

    def _write_traces(self, path: Path) -> None:
        recordings = list(self._run.recordings.values())
        if not recordings:
            self._report.errors.append(f"{self._title} recorded no trace; {path} is not written.")
            return
        write_traces(self._full(path), [column_of(each) for each in recordings])
        samples = max(sum(map(len, each.times)) for each in recordings)
        many = "" if len(recordings) == 1 else "s"
        self._add_line(f"traces   {path} ({len(recordings)} trace{many}, {samples} samples)")
        if events := ", ".join(
            id_ for id_, (_, times) in self._run.collected.events.items() if len(times)
        ):
            self._add_line(f"         not in {path.name}: the events of {events}")

    def _write_recording(self, path: Path) -> None:
        result = self._run.result()
        if not result.frame_field:
            self._report.errors.append(
                f"{self._title} shows no values over time; {path} is not written."
            )
            return
        with naming(path):
            result.save(self._full(path))
        n_events = sum(len(times) for _, times in result.events.values())
        events = f", {n_events} events" if n_events else ""
        self._add_line(f"frames   {path} ({len(result.frames)} frames{events})")

    def _write_image(self, path: Path) -> None:
        scene = self._run.scene
        if scene is None or scene.geometry is None:
            self._write_view(path)
            return
        from app.headless.picture import write_picture

        note = write_picture(self._full(path), scene, self._run.frame, self._run.recordings)
        self._add_line(f"picture  {path}" + (f" ({note})" if note else ""))
        cell = scene.morphology_view
        self._add_not_drawn(path, () if cell is None else (cell.id,))

    def _add_not_drawn(self, path: Path, drawn: Collection[str]) -> None:
        """Say which views are not in a picture: it shows one. Traces are written as numbers."""
        views = self._run.scene.views if self._run.scene else ()
        left = [view.id for view in views if view.id not in drawn and view.KIND != "traces"]
        if left:
            names, many = ", ".join(left), "" if len(left) == 1 else "s"
            self._add_line(f"         not drawn in {path.name}: the view{many} {names}")

    def _write_view(self, path: Path) -> None:
        """Write the picture of a scene without a cell."""
        from app.headless.view_picture import view_picture_of, write_view_picture

        request = view_picture_of(self._run.collected)
        if request is None:
            self._report.errors.append(
                f"{self._title} has no morphology and no view to draw in {path}; traces are written by --traces."
            )
            return
        write_view_picture(self._full(path), request)
        self._add_line(f"picture  {path} (of the view {request.view.id})")
        self._add_not_drawn(path, (request.view.id,))

    def _full(self, path: Path) -> Path:
        """Return where a file is that the user has named."""
        return self._begun_in / path

    def _add_line(self, line: str) -> None:
        self._report.lines.append(line)


_READING_OPTIONS = {"tree.several": "--trees all opens them all", "units.suspect": "see --units"}
"""The command line's words for what can be done about a finding of the reader, by its code."""


def audit_line(scene: Scene | None, *, is_written: bool) -> str:
    """Return in one line what the reader of a file repaired, left out or doubts; "" for nothing.

    Parameters
    ----------
    is_written : bool
        Whether the complete audit is written to a file.
    """
    found = [] if scene is None else [each for each in scene.findings if each.severity != "info"]
    if not found:
        return ""
    found.sort(key=lambda each: each.severity != "warning")
    parts = [found[0].message]
    if option := _READING_OPTIONS.get(found[0].code):
        parts.append(option)
    if len(found) > 1:
        parts.append(f"{len(found) - 1} more")
    if not is_written:
        parts.append("--audit F.json has the rest")
    return "; ".join(parts)


def audit_of(source: str, run: HeadlessRun) -> dict[str, Any]:
    """Return the reader's findings and the simulator, as a JSON object."""
    scene = run.scene
    findings = [asdict(each) for each in scene.findings] if scene else []
    return {
        "source": source,
        "simulator": simulator_of(scene) if scene and scene.backend else None,
        "facts": dict(scene.facts) if scene else {},
        "findings": findings,
    }


def simulator_of(scene: Scene) -> dict[str, Any]:
    """Return the simulator of a scene: backend, versions by package, precision and device.

    Precision and device are None if a script's scene does not give them.
    """
    fact = scene.facts.get("Precision", "float64 on CPU" if scene.backend == "NEURON" else "")
    precision, _, device = fact.partition(" on ")
    packages = {"NEURON": ("neuron",), "Jaxley": ("jaxley", "jax", "jaxlib")}
    return {
        "backend": scene.backend,
        "versions": {name: _version(name) for name in packages.get(scene.backend, ())},
        "precision": precision or None,
        "device": device or None,
    }


def simulator_label(scene: Scene) -> str:
    """Return the name of a scene's simulator, with its precision if that is not float64."""
    precision = simulator_of(scene)["precision"]
    return scene.backend if precision in ("float64", None) else f"{scene.backend} in {precision}"


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def refusal_of(error: SomascopeError) -> dict[str, Any]:
    """Return why a source was refused, as a JSON object: message, code, and line of the file."""
    return {
        "message": error.message,
        "code": error.code,
        "line": getattr(error, "line", None),
    }


@contextlib.contextmanager
def catch_ctrl_c() -> Iterator[Callable[[], bool]]:
    """Yield a function that tells whether Ctrl+C was pressed; a second Ctrl+C interrupts as usual."""
    pressed = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield pressed.is_set
        return

    def press(*_: object) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        pressed.set()

    before = signal.signal(signal.SIGINT, press)
    try:
        yield pressed.is_set
    finally:
        signal.signal(signal.SIGINT, before)
