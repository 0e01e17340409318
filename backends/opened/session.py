"""`OpenedModelSession`: a NEURON model that is opened as it is, with its own scripts."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar, Unpack

from backends.error_updates import error_update
from backends.errors import SimulatorError, SomascopeError
from backends.live.engine import LiveEngine
from backends.live.history import HistoryCaptureMode
from backends.live.options import DEFAULTS, SessionOptions
from backends.mechanisms.leaving_out import build_used, text_of_programs
from backends.mechanisms.library import load
from backends.mechanisms.sources import find_mod_files
from backends.messages import Phase, Status
from backends.neuron.scene import NeuronSceneBuilder
from backends.neuron.script import load_compiled_mechanisms, other_working_folder
from backends.neuron.script_mechanisms import LOADS_ITSELF, compiled_in
from backends.neuron.simulator import all_sections, load_neuron
from backends.nrngui.recorder import GuiRecorder
from backends.opened.engine import OpenedModelEngine
from backends.opened.interface import OwnInterface
from backends.opened.program import run_program
from backends.opened.regions import counted, point_processes_of, regions_of
from backends.opened.script_runs import DEFAULT_TSTOP_MS, ScriptRuns, defined_procedures
from backends.scene import Finding, MorphologyGeometry, Scene

_DT = 0.025  # ms, NEURON's own


class OpenedModelSession(OwnInterface):
    """The session of a model's folder: its `.mod` files are compiled, its script is executed, its runs are ours.

    One of these is opened in a process of its own: NEURON cannot forget templates, procedures and mechanisms.

    Parameters
    ----------
    program : Path
        The script that begins the model; its folder is the working folder while the session lives.
    folder : Path or None
        The model's folder, whose `.mod` files are compiled; None is that of the program.
    arguments : tuple of str
        The ``sys.argv[1:]`` of a script in Python.
    is_cancelled : callable
        Asked while mechanisms are compiled.
    **options
        See `LiveSession`; the title is the program's name unless another is given.
    """

    ENGINE: ClassVar[type[LiveEngine]] = OpenedModelEngine
    DEFAULTS: ClassVar[SessionOptions] = {
        **DEFAULTS,
        "dt": _DT,
        "history_capture_mode": HistoryCaptureMode.FULL,
    }
    _live: OpenedModelEngine

    def __init__(
        self,
        program: Path,
        folder: Path | None = None,
        arguments: tuple[str, ...] = (),
        *,
        is_cancelled: Callable[[], bool] = lambda: False,
        **options: Unpack[SessionOptions],
    ) -> None:
        options.setdefault("title", program.stem)
        super().__init__(**options)
        self._program = program
        self._folder = folder or program.parent
        self._arguments = arguments
        self._is_cancelled = is_cancelled
        self._kept: ModuleType | SomascopeError | None = (
            None  # keeps the model of a script in Python
        )
        self._runs: ScriptRuns | None = None
        self._working_folder: str | None = None

    # ------------------------------------------------------------------------------- building

    def initialize(self) -> Scene:
        """Compile the mechanisms, execute the model's script, and return the scene, at t = 0.

        Raises
        ------
        MechanismError
            If a `.mod` file cannot be compiled or loaded.
        SomascopeError
            If the script fails, with its line, or builds nothing.
        """
        files = find_mod_files(self._folder, beside=self._program.parent)
        text = text_of_programs(self._folder)
        is_compiled = compiled_in(self._program.parent) is not None
        loads_itself = is_compiled and LOADS_ITSELF.search(text) is not None
        library = None if loads_itself or not files else self._built_library(files, text)
        self.emit(Status(Phase.BUILDING, f"Reading {self._program.name}"))
        with other_working_folder():
            h = load_neuron()
        if library is not None:
            load(h, library)
        elif not files and not loads_itself:
            load_compiled_mechanisms(self._program.parent)
        return super().initialize()

    def _built_library(self, files: Sequence[Path], text: str) -> Path | None:
        """Return the library of `.mod` files, compiled where it is not yet."""
        return build_used(
            files,
            text,
            on_left_out=lambda error: self.emit(error_update(error)),
            on_progress=lambda each: self.emit(
                Status(Phase.COMPILING, each.sentence, each.fraction)
            ),
            is_cancelled=self._is_cancelled,
        )

    def build_sections(self) -> list[Any]:
        """Execute the model's script, and return what it has built."""
        h = load_neuron()
        before = set(all_sections(h))
        h.load_file("nrngui.hoc")
        self._live.script_runs = self._runs = runs = ScriptRuns(h)
        self.recorder = GuiRecorder(h)
        self.recorder.install()
        runs.begin()
        self._working_folder = os.getcwd()
        os.chdir(self._program.parent)
        self._live.procedures = defined_procedures(self._folder)
        try:
            self._kept = run_program(h, self._program, self._arguments)
        except SomascopeError as error:
            if not (runs.are_asked or runs.has_initialized):
                raise
            self._kept = error  # its traceback keeps the model of a script
        runs.end_loading()
        found = [each for each in all_sections(h) if each not in before]
        if isinstance(self._kept, SomascopeError) and not found:
            raise self._kept
        if not found:
            raise SimulatorError(
                f"{self._program.name} builds no section while it loads; open the script that builds the cell.",
                code="no-sections",
                hint="choose-file",
            )
        return found

    def setup_model(self, sections: Sequence[Any]) -> None:
        """Use what the model's script has asked for: the end of its run, the voltage of its ``finitialize``."""
        h, runs = load_neuron(), self._runs
        assert runs is not None
        asked, until = runs.take(), float(h.tstop)
        if asked is not None and asked.until_ms is not None:
            until = asked.until_ms
        if (asked is not None or until != DEFAULT_TSTOP_MS) and until > 0:
            self._live.use_tstop(until)
        started_at = runs.initialized_at
        if started_at is not None and "init" not in self._live.procedures:
            h.v_init = started_at
        self._live.model_facts = self._model_facts(h, sections)
        self._live.findings = (*self._live.findings, *self._findings())

    def _model_facts(self, h: Any, sections: Sequence[Any]) -> Mapping[str, str]:
        facts = {"Program": self._program.name}
        if processes := point_processes_of(sections):
            facts["Point processes"] = counted(processes)
        if n_netcons := int(h.List("NetCon").count()):
            facts["NetCons"] = f"{n_netcons:,}"
        if self._live.run_control.stop_time is not None:
            facts["Run until (tstop)"] = f"{self._live.run_control.stop_time:g} ms"
        return facts

    def _findings(self) -> list[Finding]:
        """Return what of the model's own run system is not followed."""
        own = [
            f"{name}()" for name in ("run", "continuerun", "step") if name in self._live.procedures
        ]
        found = []
        if isinstance(self._kept, SomascopeError):
            words = (
                f"The model's script ended where it evaluates a run, which is the window's to make: "
                f"{self._kept.message} What follows there was not executed."
            )
            found.append(Finding("warning", "model.script-ended", words))
        if not own:
            return found
        words = (
            f"A file of this model defines {', '.join(own)} anew. Run takes the steps of NEURON's own run "
            "system after the model's stdinit(); what else these procedures do happens only when the model calls them."
        )
        return [*found, Finding("warning", "model.run", words)]

    def build_scene(self, **arrays: Any) -> Scene:
        """Return the scene, with the end of the model's own run."""
        scene = super().build_scene(**arrays)
        return replace(scene, tstop_ms=self._live.run_control.stop_time)

    def build_geometry(self, sections: Sequence[Any]) -> MorphologyGeometry | None:
        """Return the drawing, with the regions of the model's own SectionLists."""
        regions = regions_of(load_neuron(), sections)
        return NeuronSceneBuilder.build_morphology_geometry(sections, regions)

    def after_reset(self) -> None:
        """Follow the step that the model's ``setdt`` has chosen."""
        self._live.before_command()

    def shutdown(self) -> None:
        """Release the model, and go back to the folder from before."""
        super().shutdown()
        recorder, self.recorder = self.recorder, None
        if recorder is not None:
            recorder.uninstall()
        self._kept = self._runs = self._live.script_runs = None
        before, self._working_folder = self._working_folder, None
        if before is not None:
            os.chdir(before)
