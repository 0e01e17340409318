"""`somascope models`: what the folder of a model has: scripts, mechanisms, readme; and what one of its scripts builds."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.cli.arguments import DONE, add_verbose, progress_line

if TYPE_CHECKING:
    from backends.scene import Scene
    from backends.sources.source import SessionSource

_MOST_LISTED = 12


def add_models_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``somascope models``."""
    parser.description = "List the scripts and mechanisms of a model's folder; nothing of the model runs without --build."
    add = parser.add_argument
    add(
        "folder",
        metavar="FOLDER",
        help="the folder of a NEURON model, a .hoc file or a .zip archive",
    )
    add("--build", action="store_true",
        help="run the first script in a process of its own, and list sections, panels and graphs too")  # fmt: skip
    add("--script", metavar="NAME", help="with --build: run this script instead of the first")
    add("--json", action="store_true", help="print all of it as JSON")
    add_verbose(parser)


def run_models(args: argparse.Namespace) -> int:
    """Print what a folder has; return the exit status.

    Raises
    ------
    SomascopeError
        If the folder has no script, or the model cannot be built.
    """
    from backends.errors import RequestError

    if args.script and not args.build:
        raise RequestError("--script is for --build only; add --build.", code="needs-build")
    found = describe(args.folder)
    if args.build:
        found["built"] = _describe_built(args.folder, args.script, found)
    text = json.dumps(found, indent=2, ensure_ascii=False) if args.json else as_text(found)
    sys.stdout.write(text + "\n")
    return DONE


def describe(text: str) -> dict[str, Any]:
    """Return what can be known of a model without running it."""
    from backends.mechanisms.sources import find_mod_files, read_sources
    from backends.opened.archive import place_of_model
    from backends.opened.description import describe_model

    model = describe_model(place_of_model(_existing(text)))
    folder = model.folder
    mechanisms = [each for each in read_sources(find_mod_files(folder)) if each.is_mod]
    return {
        "folder": str(folder),
        "title": model.title,
        "default_script": model.default,
        "scripts": [{"file": each.name, "summary": each.summary} for each in model.entries],
        "mechanisms": [
            {"file": str(each.path.relative_to(folder.resolve())), "name": each.mechanism}
            for each in mechanisms
        ],
    }


def _existing(text: str) -> Path:
    from backends.errors import SourceError

    path = Path(text).expanduser().absolute()
    if not path.exists():
        raise SourceError(
            f"There is no file or folder {path}; check its name.",
            code="not-found",
            hint="choose-file",
        )
    return path


def _describe_built(text: str, script: str | None, found: dict[str, Any]) -> dict[str, Any]:
    """Run a script of a model in a process of its own and return what it has built."""
    from dataclasses import replace

    from backends.errors import SourceError
    from backends.sources.source import SessionSource

    names = [each["file"] for each in found["scripts"]]
    script = script or found["default_script"] or names[0]
    if script not in names:
        raise SourceError(
            f"{found['folder']} has no script {script!r}; it has {', '.join(names)}.",
            code="not-found",
        )
    scene = _scene_of(replace(SessionSource.parse(text), entry=script))
    geometries = scene.geometries
    sections = [name for each in geometries for name in each.section_names]
    labels = {each.id: each.label for each in (*scene.controls, *scene.actions)}
    return {
        "script": script,
        "sections": sections,
        "segments": sum(each.n_segments for each in geometries),
        "panels": [
            {
                "name": panel.title,
                "controls": [labels[each] for each in panel.control_ids],
                "actions": [labels[each] for each in panel.action_ids],
            }
            for panel in scene.layout.of_kind("controls")
        ],
        "graphs": [each.title or each.id for each in scene.views if _is_graph(each)],
    }


def _scene_of(source: SessionSource) -> Scene:
    from backends.errors import SimulatorError
    from backends.isolated.session import IsolatedSession
    from backends.messages import Status

    session = IsolatedSession(source.create, name=source.title)
    if sys.stderr.isatty():
        session.on_status = lambda update: (
            progress_line(update.message) if isinstance(update, Status) else None
        )
    try:
        scene = session.initialize()
    finally:
        session.shutdown()
        if sys.stderr.isatty():
            progress_line("")
    if scene is None:
        raise SimulatorError(f"{source.title} has built nothing to show.", code="no-scene")
    return scene


def _is_graph(view: Any) -> bool:
    """Whether a view is the model's own: neither the cell nor the plot that every window has."""
    from backends.live.default_scene import TRACE_VIEW_ID
    from backends.views import MorphologyViewSpec

    return not isinstance(view, MorphologyViewSpec) and view.id != TRACE_VIEW_ID


def as_text(found: dict[str, Any]) -> str:
    """Return a description as lines for a terminal."""
    lines = [found["folder"]]
    if found["title"]:
        lines.append(found["title"])
    lines += _block("Scripts", found["scripts"], "summary")
    lines += _block("Mechanisms", found["mechanisms"], "name")
    if built := found.get("built"):
        lines += ["", f"{built['script']} builds"]
        lines.append(f"  {built['segments']} segments in sections: {_listed(built['sections'])}")
        for panel in built["panels"]:
            words = [*panel["controls"], *panel["actions"]]
            lines.append(f"  panel {panel['name']}: {_listed(words)}")
        lines += [f"  graph {each}" for each in built["graphs"]]
    return "\n".join(lines)


def _block(title: str, items: list[dict[str, str]], words: str) -> list[str]:
    if not items:
        return ["", f"{title}: none"]
    width = max((len(each["file"]) for each in items), default=0)
    rows = (f"  {each['file']:<{width}}  {each[words]}".rstrip() for each in items)
    return ["", f"{title} ({len(items)})", *rows]


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:_MOST_LISTED])
    rest = len(names) - _MOST_LISTED
    return f"{shown}, … ({rest:,} more)" if rest > 0 else shown or "none"
