"""One model opened by Somascope, its simulator in a child process as the window has it.

    python -m tests.models.live '{"folder": ..., "entry": ..., "press": [...], "segment": ..., "until_ms": ..., "answer": ...}'

Opens the model, presses its buttons through the protocol, runs it, and writes the voltage of one segment (mV, at
each step), the times (ms) and what the scene has to an .npz file.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from backends.driving.collector import UpdateCollector
from backends.driving.stepping import advance_for, read_into
from backends.isolated import IsolatedSession
from backends.mechanisms import build, find_mod_files
from backends.messages import CaptureTrace, InvokeAction, Reset
from backends.session import Session
from backends.sources import SessionSource

_IDLE_S = 40.0
_UNNAMED = "__nrnsec_"  # h.Section() without a name: another one in each process


def main(job: dict[str, Any]) -> None:
    """Open, press, run and write one model."""
    source = replace(SessionSource.parse(f"{job['folder']}:{job['entry']}"), every_step=True)
    if files := find_mod_files(Path(job["folder"])):
        build(files)  # which is done once for a model, so that it is no part of the time to open it
    session = IsolatedSession(source.create, name=source.title)
    collected = UpdateCollector()
    begin = time.perf_counter()
    try:
        collected.set_scene(session.initialize())
        read_into(collected, session)
        open_s = time.perf_counter() - begin
        for label in job["press"]:
            press(session, collected, label)
        facts = {"open_s": open_s} | scene_facts(collected)
        if job["segment"]:
            facts |= voltages(session, collected, job["segment"], job["until_ms"])
        np.savez(job["answer"], **facts)
    finally:
        session.shutdown()


def press(session: Session, collected: UpdateCollector, label: str) -> None:
    """Press the button of this label, and wait until what it runs has ended.

    Raises
    ------
    LookupError
        If the scene has no such button.
    """
    scene = collected.scene
    actions = scene.actions if scene is not None else ()
    found = [each for each in actions if each.label.strip() == label.strip()]
    if not found:
        raise LookupError(f"no button {label!r}; there are {[each.label for each in actions]}")
    session.handle(InvokeAction(found[0].id))
    session.wait_idle(_IDLE_S)
    read_into(collected, session)


def scene_facts(collected: UpdateCollector) -> dict[str, Any]:
    """Return how many panels, graphs and segments there are, and what was said."""
    scene = collected.scene
    if scene is None:
        return {"n_panels": 0, "n_graphs": 0, "n_segments": 0, "said": ""}
    geometry = scene.geometry
    panels = [each for each in scene.layout.panels if each.kind == "controls"]
    return {
        "n_panels": len(panels),
        "n_graphs": len(scene.views) - (geometry is not None),
        "n_segments": geometry.n_segments if geometry is not None else 0,
        "said": " ".join(collected.errors),
    }


def voltages(
    session: Session, collected: UpdateCollector, segment: str, until_ms: float
) -> dict[str, Any]:
    """Run from the start to a time (ms); return the times (ms) and voltages (mV) of one segment."""
    segment = present_name(collected, segment)
    session.handle(CaptureTrace(segment))
    if collected.time_ms > 0:  # each call of a model's own init() may change it
        session.handle(Reset())
    session.wait_idle(_IDLE_S)
    read_into(collected, session)
    begin = time.perf_counter()
    for _ in advance_for(session, collected, until_ms - collected.time_ms):
        pass  # `collected` has them
    run_s = time.perf_counter() - begin
    found = [each for each in collected.traces.values() if each.segment_id == segment]
    if not found:
        there = f"{list(collected.traces)} {collected.errors}"
        raise LookupError(f"no trace of {segment} has come; there are {there}")
    trace = found[0]
    times, volts = trace.joined()
    return {"times": times, "volts": volts, "run_s": run_s}


def present_name(collected: UpdateCollector, segment: str) -> str:
    """Return what the scene calls a segment; of a section without a name, the same place of the first section."""
    geometry = collected.scene.geometry if collected.scene is not None else None
    if geometry is None:
        raise LookupError("no morphology is shown")
    if segment in geometry.segment_ids or not segment.startswith(_UNNAMED):
        return segment
    place = segment[segment.rindex("(") :]
    return next(each for each in geometry.segment_ids if each.endswith(place))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
