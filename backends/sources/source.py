"""`SessionSource`: what a user names (a file, a script, a bundled cell) as a recipe for a session.

A source is small, frozen and picklable: it is parsed in the window, which shows the error when there is
nothing to open, and creates its session in the child process, where the file is read and the model built.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

from backends.errors import SimulatorError, SourceError
from backends.messages import Error, Phase, SessionUpdate, Status
from backends.morphology.morphology import Morphology
from backends.morphology.summary import ORIGIN_KEY
from backends.replay.files import RECORDING_SUFFIXES
from backends.scene import Finding
from backends.scripts import load_session_class
from backends.session import Session
from backends.sources.deferred import DeferredSession
from backends.sources.naming import (
    BARE_NAME,
    DEMO,
    NMO_ID,
    bundled_names,
    check_has_entry,
    check_precision,
    checked_file,
    checked_id,
    is_model,
    split_class,
    split_entry,
)

Backend = Literal["neuron", "jaxley"]
Precision = Literal["float64", "float32"]
Kind = Literal["swc", "script", "bundled", "demo", "recording", "given", "model"]
Units = Literal["um", "nm", "8nm"]
Trees = Literal["main", "all"]
Membrane = Literal["hh", "passive"]


def _warn(update: SessionUpdate) -> None:
    """Print what is reported while a script is prepared for which there is no window."""
    if isinstance(update, Error):
        warnings.warn(update.message, RuntimeWarning, stacklevel=2)


@dataclass(frozen=True, slots=True)
class SessionSource:
    """A recipe for a session.

    Attributes
    ----------
    kind : {"swc", "script", "bundled", "demo", "recording", "given", "model"}
        "demo" is the cell in NEURON's own wheel; "recording" is a file that is replayed; "given" a session
        that a script has made; "model" a NEURON model that is opened with its own scripts.
    path : str
        Absolute path of the file; for "bundled" the cell's name, for "demo" empty. Of a model its folder, one of
        its scripts, or a zip archive.
    entry : str
        Of a model: the script that begins it, relative to its folder; "" where that is still to be chosen.
    class_name : str or None
        Of a script: the session class, None for its only one.
    backend : {"neuron", "jaxley"}
        For morphologies; a script sets its own.
    precision : {"float64", "float32"}
        Of Jaxley; NEURON always computes in float64. Of morphologies, as `backend` is.
    script_backend, script_precision : str or None
        Of a script: the simulator and precision that it must have; None allows any.
    dt_ms : float or None
        Step, ms; None is the model's. A script sets its own.
    history_capture_mode : str or None
        `HISTORY_CAPTURE_ON_DEMAND` or `HISTORY_CAPTURE_FULL`; None is the session's default.
    model_json : str or None
        A `CellModel` as JSON; None is the default model.
    units, trees : str
        How an SWC file is read; see `backends.swc.reader.read_swc`.
    membrane : {"hh", "passive"}
        Of a morphology without `model_json`: squid axon's HH for demonstration, or only a leak.
    every_step : bool
        Whether traces have a sample at every step of dt, for files, and not at `display_dt`.
    origin : str
        Of a cell of NeuroMorpho.Org: its id, ``"NMO_00001"``; its kind is "swc", and its `path` is the
        file in the cache, "" until it is known (`is_local`).
    name : str
        What the archive calls it; "" to use the file's stem.
    origin_facts : tuple of (label, text)
        What the archive knows of it, for the Cell panel.
    arguments : tuple of str
        Of a script, or of a model whose script is in Python: what follows its name on the command line, its ``sys.argv[1:]``.
    origin_note : str
        One sentence on where the file came from, for the audit.
    """

    kind: Kind
    path: str = ""
    class_name: str | None = None
    backend: Backend = "neuron"
    precision: Precision = "float64"
    dt_ms: float | None = None
    history_capture_mode: str | None = None
    model_json: str | None = None
    units: Units = "um"
    trees: Trees = "main"
    membrane: Membrane = "hh"
    every_step: bool = False
    script_backend: Backend | None = None
    script_precision: Precision | None = None
    origin: str = ""
    name: str = ""
    origin_facts: tuple[tuple[str, str], ...] = ()
    origin_note: str = ""
    arguments: tuple[str, ...] = ()
    entry: str = ""

    def __post_init__(self) -> None:
        _check_option("backend", (self.backend, self.script_backend), get_args(Backend))
        _check_option("unit", (self.units,), get_args(Units))
        _check_option("membrane", (self.membrane,), get_args(Membrane))
        _check_option("choice of trees", (self.trees,), get_args(Trees))
        if self.kind in ("script", "model") and self.membrane != "hh":
            raise SourceError(
                f"{self.title} has the membrane that its script inserts; do not choose another.",
                code="script-contradiction",
                hint="omit-membrane",
            )
        if self.kind in ("script", "model", "demo", "recording") and (self.units, self.trees) != (
            "um",
            "main",
        ):
            raise SourceError(
                f"{self.title} is not an SWC file: units and trees cannot be chosen for it.",
                code="script-contradiction",
                hint="omit-reading",
            )
        _check_option("precision", (self.precision, self.script_precision), get_args(Precision))
        if self.kind == "recording":
            self._check_recording()

    def _check_recording(self) -> None:
        """Raise SourceError for an option of a run, which a recording is not."""
        given: dict[str, bool] = {
            "dt": self.dt_ms is not None,
            "backend": self.script_backend is not None,
            "precision": self.script_precision is not None,
            "membrane": self.membrane != "hh",
        }
        for name in (name for name, is_given in given.items() if is_given):
            raise SourceError(
                f"{self.title} is a recording, which is replayed as it is; do not choose {name}.",
                code="recording-contradiction",
                hint=f"omit-{name}",
            )

    @classmethod
    def parse(
        cls, text: str, backend: str | None = None, precision: str | None = None
    ) -> SessionSource:
        """Return the source that a user names: ``x.swc``, ``my_session.py[:Class]``, ``pyramidal``, ``x.npz``.

        A folder, ``model.hoc``, ``model.zip``, and a ``script.py`` that runs NEURON by itself are models;
        ``folder:demo.hoc`` chooses the script that begins one. ``NMO_00001`` is a cell of NeuroMorpho.Org, whose file is still to be found: see `is_local`.

        Parameters
        ----------
        backend, precision : str or None
            What a cell is simulated with (None: NEURON; float64); what a script must have.

        Raises
        ------
        SourceError
            If there is nothing of that name, or it cannot be opened or computed like this.
        """
        check_precision(text, backend, precision)
        text = text.strip()
        of_cell: dict[str, Any] = {
            "backend": backend or "neuron",
            "precision": precision or "float64",
        }
        if text == DEMO:
            return cls("demo", **of_cell)
        if BARE_NAME.fullmatch(text) and text in bundled_names():
            return cls("bundled", text, **of_cell)
        if found := NMO_ID.fullmatch(text):
            return cls("swc", origin=checked_id(text, found[1]), **of_cell)
        expected: dict[str, Any] = {"script_backend": backend, "script_precision": precision}
        file_text, entry = split_entry(text)
        if entry:
            return cls("model", str(checked_file(file_text)), entry=entry, **expected)
        file_text, class_name = split_class(text)
        path = checked_file(file_text)
        if is_model(path) and class_name is None:
            if path.is_dir():
                check_has_entry(path)
            return cls("model", str(path), **expected)
        if path.suffix.lower() == ".swc":
            return cls("swc", str(path), **of_cell)
        if path.suffix.lower() in RECORDING_SUFFIXES:
            return cls("recording", str(path), **expected)
        return cls("script", str(path), class_name, **expected)

    @property
    def is_cell(self) -> bool:
        """Whether it is a morphology, which either simulator can compute."""
        return self.kind not in ("script", "recording", "given", "model")

    @property
    def is_undecided(self) -> bool:
        """Whether it is a model of which nobody has said yet which script begins it."""
        return self.kind == "model" and not self.entry

    @property
    def is_local(self) -> bool:
        """Whether there is nothing to fetch: False for a cell of the archive whose file is not known."""
        return not self.origin or bool(self.path)

    @property
    def title(self) -> str:
        """What a window calls it: the file's stem, the class, the bundled or the archive's cell's name."""
        if self.origin:
            return self.name or self.origin
        if self.kind == "demo":
            return "NEURON's demo cell"
        if self.kind == "bundled":
            from resources import bundled

            return next((cell.title for cell in bundled() if cell.name == self.path), self.path)
        path = Path(self.path)
        if self.kind == "model" and path.is_dir():
            return path.name
        return self.class_name or path.stem

    def create(self) -> Session:
        """Return its session, whose `initialize` reads and builds; a script is imported at once.

        Raises
        ------
        SourceError
            If a script cannot be imported, it is not clear which session it means, or it runs on
            another simulator than was chosen; or a cell of the archive has not been downloaded.
        """
        if not self.is_local:
            raise SourceError(
                f"{self.origin} has not been downloaded from NeuroMorpho.Org yet; download it, then "
                "open its file.",
                code="not-downloaded",
                hint="fetch-cell",
            )
        if self.kind == "script":
            return self._script_session()
        if self.kind == "recording":
            return DeferredSession(self._open_recording)
        if self.kind == "model":
            self._check_options(self.title, "NEURON")
            return self._model_session()
        return DeferredSession(self._build_cell)

    def create_for_window(self) -> Session:
        """Return its session as `create` does; one that must compile mechanisms first does so in `initialize`.

        Then the compilation is reported and can be cancelled. A script's class is not known until then.

        Raises
        ------
        SourceError
            See `create`.
        """
        if self.kind == "script":
            from backends.neuron.script import has_mechanisms_to_compile

            if has_mechanisms_to_compile(Path(self.path)):
                return self._compiling_session()
        return self.create()

    def _compiling_session(self) -> Session:
        session = DeferredSession(
            lambda on_update: self._script_session(on_update, lambda: session.is_cancelled)
        )
        return session

    def _model_session(self) -> Session:
        def make(on_status: Callable[[SessionUpdate], None]) -> Session:
            from backends.opened.opening import open_model

            return open_model(self, on_status, lambda: session.is_cancelled)

        session = DeferredSession(make)
        return session

    def _open_recording(self, on_status: Callable[[SessionUpdate], None]) -> Session:
        from backends.replay.session import ReplaySession

        on_status(Status(Phase.BUILDING, f"Reading {self.title}"))
        return ReplaySession.open(self.path)

    def _script_session(
        self,
        on_update: Callable[[SessionUpdate], None] = _warn,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> Session:
        from backends.inline.neuron import InlineNeuronSession
        from backends.live.engine import is_constructed
        from backends.live.session import LiveSession
        from backends.neuron.leftovers import discard_model
        from backends.neuron.script import prepare_for_script

        made_before = prepare_for_script(Path(self.path), on_update, is_cancelled)
        try:
            kind = load_session_class(Path(self.path), self.class_name, self.arguments)
        except SourceError:
            if made_before is not None:
                discard_model(made_before)
            raise
        if issubclass(kind, InlineNeuronSession):
            kind.made_since = made_before
        name = f"{Path(self.path).name}: {kind.__name__}"
        self._check_options(name, kind.BACKEND)
        session = kind()
        if isinstance(session, LiveSession) and not is_constructed(session):
            raise SourceError(
                f"{name}.__init__ must call super().__init__().", code="no-super-init"
            )
        if self.script_precision is not None:
            from backends.jaxley.session import JaxleySession

            if isinstance(session, JaxleySession):
                session.precision = self.script_precision
        return session

    def _check_options(self, name: str, own: str) -> None:
        """Raise SourceError if a script on the simulator `own` does not allow an option that was given."""
        backend, precision = self.script_backend, self.script_precision
        words, hint = "", ""
        if self.dt_ms is not None:
            words, hint = "sets its own dt; do not set another", "omit-dt"
        elif backend not in (None, own.lower()):
            chosen = f"runs on {own}" if own else "has no simulator to choose"
            words, hint = f"{chosen}; do not choose {backend}", "omit-backend"
        elif precision == "float32" and own == "NEURON":
            words = "runs on NEURON, which always computes in float64; do not choose float32"
            hint = "omit-precision"
        elif precision is not None and not own:
            words, hint = "has no simulator to set; do not choose a precision", "omit-precision"
        if words:
            raise SourceError(f"{name} {words}.", code="script-contradiction", hint=hint)

    def _build_cell(self, on_status: Callable[[SessionUpdate], None]) -> Session:
        def report(fraction: float) -> None:
            on_status(Status(Phase.BUILDING, f"Reading {self.title}", fraction))

        report(0.0)
        morphology = self._read_morphology(report)
        on_status(Status(Phase.BUILDING, f"Building {self.title}"))
        from backends.cellmodel.model import CellModel  # not before the file is known to be good

        options: dict[str, Any] = {"title": self.title, "dt": self.dt_ms}
        if self.history_capture_mode is not None:
            options["history_capture_mode"] = self.history_capture_mode
        if self.every_step:
            options["display_dt"] = None
        model = None
        if self.model_json is not None:
            model = CellModel.from_json(self.model_json)
        elif self.membrane == "passive":
            model = CellModel.passive()
        if self.backend == "jaxley":
            from backends.jaxley.cell import JaxleyCellSession

            return JaxleyCellSession(morphology, model, precision=self.precision, **options)
        from backends.neuron.cell import NeuronCellSession

        return NeuronCellSession(morphology, model, **options)

    def _read_morphology(self, report: Callable[[float], None]) -> Morphology:
        from backends.swc.reader import read_swc

        if self.kind == "demo":
            return _demo_cell()
        if self.kind == "bundled":
            from resources import path_of

            path = path_of(self.path)
        else:
            path = Path(self.path)
        morphology = read_swc(path, progress=report, units=self.units, trees=self.trees)
        return _with_origin(morphology, self) if self.origin else morphology


def _with_origin(morphology: Morphology, source: SessionSource) -> Morphology:
    """Return a cell of the archive whose audit and facts show its origin."""
    facts = {"NeuroMorpho.Org": source.origin} | dict(source.origin_facts)
    metadata = {f"{ORIGIN_KEY}{label}": text for label, text in facts.items()}
    note = source.origin_note or f"The file is {source.origin} of NeuroMorpho.Org."
    return replace(
        morphology,
        name=source.title,
        findings=(Finding("info", "origin", note), *morphology.findings),
        metadata={**morphology.metadata, **metadata},
    )


def _check_option(what: str, given: tuple[str | None, ...], known: tuple[str, ...]) -> None:
    for each in given:
        if each is not None and each not in known:
            raise SourceError(
                f"There is no {what} {each!r}; there are {' and '.join(known)}.",
                code="unknown-option",
            )


def _demo_cell() -> Morphology:
    """Return the cell in NEURON's own wheel, which only NEURON can read, whatever simulates it."""
    from backends.neuron.demo import neuron_demo_cell

    try:
        return neuron_demo_cell()
    except SimulatorError as error:
        if not isinstance(error.__cause__, ImportError):
            raise
        raise SourceError(
            "NEURON's demo cell is in NEURON's own wheel, which is not installed: run "
            "pip install neuron, or open another cell.",
            error.details,
            code="neuron-missing",
            hint="install-neuron",
        ) from error
