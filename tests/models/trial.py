"""`try_model`: one public model in NEURON alone and in Somascope, each in a process of its own."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from tests.models.instructions import INSTRUCTIONS, UNKNOWN, Instructions

Answer = dict[str, Any]
_BARE = Path(__file__).with_name("bare.py")
_FIXED_STEP = "Fixed step"
_SAME_MS = 1e-6
_MOST = 0.99  # of the steps must be at the same times
_OUR_ERROR = re.compile(r"^backends\.errors\.\w+: ")
_OF_BUILD = (".mod", ".inc", ".h")


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of one model.

    Attributes
    ----------
    opens, equal : str
        ``"yes"``, or what happened instead.
    panels, graphs : str
        How many Somascope shows.
    times : str
        Seconds to open, and of NEURON alone to read it.
    note : str
        What is missing.
    """

    number: str
    kind: str
    opens: str
    equal: str = "-"
    panels: str = "-"
    graphs: str = "-"
    times: str = "-"
    note: str = ""


def try_model(folder: Path, work: Path, limit_s: float, longest_ms: float) -> Trial:
    """Try one model.

    Parameters
    ----------
    folder : Path
        Of the model; copied, never written to.
    work : Path
        A folder for the copies, and for what `nrnivmodl` makes, which is used again.
    limit_s : float
        How long each process may take.
    longest_ms : float
        Simulated time, ms, where the model's `tstop` is longer.
    """
    known = INSTRUCTIONS.get(folder.name, UNKNOWN)
    trial = _as_instructed(folder, work, limit_s, longest_ms, known)
    if trial.opens == "yes" or not known.direct:
        return trial
    direct = replace(known, entry=known.direct, press=())
    second = _as_instructed(folder, work, limit_s, longest_ms, direct)
    if second.opens != "yes":
        return trial
    return replace(second, opens=f"at {direct.entry}", note=f"{known.entry}: {trial.opens}")


def _as_instructed(
    folder: Path, work: Path, limit_s: float, longest_ms: float, known: Instructions
) -> Trial:
    labels = [label for label, _ in known.press]
    commands = [command for _, command in known.press]
    library = compiled(folder, work / "mechanisms")
    job: Answer = {"entry": known.entry, "library": library, "tstop": longest_ms, "segment": ""}
    bare = in_process(
        [sys.executable, str(_BARE)], folder, work / "bare", job | {"press": commands}, limit_s
    )
    is_bare_read = "failed" not in bare
    has_cvode = is_bare_read and bool(bare["cvode"])
    live_job: Answer = {
        "entry": known.entry,
        "press": [*labels, _FIXED_STEP] if labels and has_cvode else labels,
        "without_cvode": has_cvode,
        "segment": str(bare["segment"]) if is_bare_read else "",
        "until_ms": float(bare["until_ms"]) if is_bare_read else 0.0,
    }
    live = in_process(
        [sys.executable, "-m", "tests.models.live"], folder, work / "live", live_job, limit_s
    )
    return compared(folder.name, known.kind, bare, live)


def compared(number: str, kind: str, bare: Answer, live: Answer) -> Trial:
    """Return the row of a model."""
    alone = "NEURON alone: " + bare["failed"] if "failed" in bare else ""
    if "failed" in live:
        return Trial(number, kind, live["failed"], note=alone)
    equal = "-" if alone or "volts" not in live else difference(bare, live)
    read = f" / {float(bare['read_s']):.2f}" if not alone else ""
    return Trial(
        number,
        kind,
        "yes",
        equal,
        str(live["n_panels"]),
        str(live["n_graphs"]),
        f"{float(live['open_s']):.2f}{read}",
        " ".join(filter(None, (alone, str(live["said"])))),
    )


def difference(bare: Answer, live: Answer) -> str:
    """Return ``"yes"`` if both have the same voltages at the same steps, in all bits of a trace; else what differs.

    Steps that a model's own `init` takes before t = 0 are left out.
    """
    times, volts = bare["times"], bare["volts"]
    begin = int(np.flatnonzero(np.diff(times, prepend=np.inf) < 0)[-1])
    times, volts = times[begin:], volts[begin:]
    places = np.clip(np.searchsorted(times, live["times"]), 1, len(times) - 1)
    places -= live["times"] - times[places - 1] < times[places] - live["times"]
    is_same = np.abs(times[places] - live["times"]) < _SAME_MS
    n_same = int(np.count_nonzero(is_same))
    if n_same < 2 or n_same < _MOST * min(len(times), len(live["times"])):
        return f"no: {n_same} steps at the same times, of {len(times)} and {len(live['times'])}"
    b = live["volts"][is_same]
    a = volts[places][is_same].astype(b.dtype)  # traces are kept in 32 bits
    if np.array_equal(a, b):
        return "yes"
    first = times[places][is_same][np.argmax(a != b)]
    return f"no: {np.max(np.abs(a - b)):.3g} mV, first at {first:g} ms"


def compiled(folder: Path, target: Path) -> str:
    """Compile the model's mechanisms with `nrnivmodl`; return the library, "" where there is none."""
    if target.is_dir():
        return _library_in(target)
    target.mkdir(parents=True)
    for suffix in _OF_BUILD:
        for file in sorted(folder.rglob(f"*{suffix}"), key=lambda each: len(each.parts)):
            if not (target / file.name).exists():
                shutil.copy(file, target)
    if not list(target.glob("*.mod")):
        return ""
    program = Path(sys.executable).with_name("nrnivmodl")
    subprocess.run([program], cwd=target, capture_output=True, check=False)
    return _library_in(target)


def _library_in(folder: Path) -> str:
    return next((str(each) for each in folder.glob("*/libnrnmech.*")), "")


def in_process(command: list[str], folder: Path, work: Path, job: Answer, limit_s: float) -> Answer:
    """Run a process on a copy of the model; return its arrays, or ``{"failed": sentence}``."""
    shutil.rmtree(work, ignore_errors=True)
    copy = work / folder.name
    shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("x86_64", "*.o"))
    entry = copy / job["entry"]
    if job.get("without_cvode"):
        entry = with_fixed_step(entry)
    answer = work / "answer.npz"
    job = job | {
        "folder": str(copy),
        "entry": str(entry.relative_to(copy)),
        "answer": str(answer),
    }
    environment = {name: text for name, text in os.environ.items() if name != "DISPLAY"}
    log = work / "log.txt"
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [*command, json.dumps(job)],
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,  # so that a simulator's process ends with it
        )
        try:
            code = process.wait(limit_s)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return {"failed": f"not done in {limit_s:g} s"}
    if code or not answer.exists():
        return {"failed": last_words(log.read_text(errors="replace"), code)}
    with np.load(answer) as arrays:
        return {name: arrays[name] for name in arrays.files}


def with_fixed_step(entry: Path) -> Path:
    """Write a file that reads `entry`, turns CVode off, and makes a button for it; return it.

    CVode chooses its steps by when it is asked, so two runs of it are only equal where they stop alike.
    """
    button = (
        f'cvode_active(0)\nxpanel("Trial")\nxbutton("{_FIXED_STEP}", "cvode_active(0)")\nxpanel()\n'
    )
    if entry.suffix == ".py":
        lines = "".join(f"_h({line!r})\n" for line in button.splitlines())
        text = entry.read_text(errors="replace") + f"\nfrom neuron import h as _h\n{lines}"
    else:
        text = f'load_file("{entry.name}")\n{button}'
    wrapper = entry.with_stem("with_fixed_step")
    wrapper.write_text(text)
    return wrapper


def last_words(text: str, code: int) -> str:
    """Return what a failed process said: NEURON's first complaint and its place, else its last line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    for number, line in enumerate(lines):
        if line.startswith("NEURON: "):
            return " ".join([line.removeprefix("NEURON: "), *lines[number + 1 : number + 2]])
    if not lines:
        return f"ended with {code}"
    return _OUR_ERROR.sub("", lines[-1])
