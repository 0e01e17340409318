"""What a bare simulator makes of an author's script: no code of ours runs in its process.

The script's base class is replaced by one that does nothing, its hooks are called as documented, and the simulator's
own functions do the rest.
"""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

_NEURON = """
    import json, os, sys, types

    class Session:
        def record(self, *arguments, **options): pass

    ours = types.ModuleType("backends.neuron")
    ours.NeuronSession = Session
    controls = types.ModuleType("backends.controls")
    controls.ControlSpec = controls.ScalarValueSpec = None
    sys.modules |= {"backends": types.ModuleType("backends"), "backends.neuron": ours,
                    "backends.controls": controls}
    os.environ["NEURON_MODULE_OPTIONS"] = "-nogui -nopython"
    from neuron import h

    def run(job):
        space = {"__file__": job["script"], "__name__": "script"}
        exec(compile(open(job["script"]).read(), job["script"], "exec"), space)
        kind = [each for each in space.values() if isinstance(each, type)
                and issubclass(each, Session) and each is not Session][-1]
        model = kind()
        sections = list(model.build_sections())
        model.setup_model(sections)
        h.dt = kind.dt
        refs = [eval(each, {"h": h, "s": sections}) for each in job["references"]]
        rows = [h.Vector().record(each) for each in (h._ref_t, *refs)]
        h.finitialize(getattr(kind, "v_init", -65.0))
        while h.t < job["until_ms"] - 1e-9:
            h.fadvance()
        shape = None
        if job["shape"]:
            h.define_shape()
            shape = [[sec.x3d(i), sec.y3d(i), sec.z3d(i)] for sec in sections
                     for i in (0, sec.n3d() - 1)]
        return {"rows": [list(each) for each in rows], "shape": shape}

    for job in json.loads(sys.argv[1]):
        read, write = os.pipe()
        if not os.fork():  # each script in a process of its own, after one import of NEURON
            with os.fdopen(write, "w") as file:
                json.dump(run(job), file)
            os._exit(0)
        os.close(write)
        with os.fdopen(read) as file:
            print("result", file.read(), flush=True)
        os.wait()
"""
_JAXLEY = """
    import json, sys, types
    import jax
    jax.config.update("jax_enable_x64", True)
    import jaxley as jx
    import numpy as np

    class Session:
        def inject(self, view, delay, dur, amp):
            view.stimulate(jx.step_current(i_delay=delay, i_dur=dur, i_amp=amp,
                                           delta_t=self.dt, t_max=self.until_ms))

    ours = types.ModuleType("backends.jaxley")
    ours.JaxleySession = Session
    sys.modules |= {"backends": types.ModuleType("backends"), "backends.jaxley": ours}
    for job in json.loads(sys.argv[1]):
        space = {"__name__": "script"}
        exec(compile(open(job["script"]).read(), job["script"], "exec"), space)
        kind = [each for each in space.values() if isinstance(each, type)
                and issubclass(each, Session) and each is not Session][-1]
        model = kind()
        model.until_ms = job["until_ms"]
        cells = model.build_cells()
        network = model.build_network(cells)
        if hasattr(model, "setup_model"):
            model.setup_model(network, cells)
        network.init_states(delta_t=kind.dt)  # channels begin at rest, as is documented
        for each in job["references"]:
            eval(each, {"net": network}).record("v", verbose=False)
        found = jx.integrate(network, delta_t=kind.dt, t_max=job["until_ms"])
        times = kind.dt * np.arange(found.shape[1])
        print("result", json.dumps({"rows": [times.tolist(), *found.tolist()], "shape": None}))
"""


@dataclass(frozen=True)
class Job:
    """A script, and what to record in it.

    Attributes
    ----------
    references
        Expressions: of NEURON with the sections as ``s`` (``"s[0](0.5)._ref_v"``), of Jaxley with ``net``.
    shape
        Whether to return where NEURON's `define_shape` puts the ends of each section.
    """

    script: str
    until_ms: float
    references: tuple[str, ...]
    shape: bool = False


@dataclass(frozen=True)
class Bare:
    """Times (ms), one row of values for each reference, and the ends of sections, shape (n, 2, 3), µm."""

    times: np.ndarray
    values: np.ndarray
    ends: np.ndarray | None


def bare_neuron(*jobs: Job) -> list[Bare]:
    """Return what NEURON computes, each script in a process of its own."""
    return _run(_NEURON, jobs)


def bare_jaxley(*jobs: Job) -> list[Bare]:
    """Return what `jx.integrate` computes, in float64."""
    return _run(_JAXLEY, jobs)


def _run(program: str, jobs: tuple[Job, ...]) -> list[Bare]:
    words = [sys.executable, "-P", "-c", textwrap.dedent(program), json.dumps([*map(asdict, jobs)])]
    done = subprocess.run(
        words, cwd=Path.home(), capture_output=True, text=True, check=False, timeout=400
    )
    assert done.returncode == 0, done.stderr
    lines = [each for each in done.stdout.splitlines() if each.startswith("result ")]
    assert len(lines) == len(jobs), done.stdout + done.stderr
    return [_read(json.loads(each.removeprefix("result "))) for each in lines]


def _read(found: dict[str, Any]) -> Bare:
    rows = np.array(found["rows"])
    shape = found["shape"]
    return Bare(rows[0], rows[1:], None if shape is None else np.reshape(shape, (-1, 2, 3)))
