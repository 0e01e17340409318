"""`somascope compare`: runs a cell on NEURON and on Jaxley and writes the differences as text and files."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli.arguments import (
    DONE,
    add_archive,
    add_dt,
    add_reading,
    add_verbose,
    duration,
    file_of_kind,
    progress_line,
)

if TYPE_CHECKING:
    from backends.comparison.result import Comparison
    from backends.scene import Scene

_STDOUT = Path("-")
_EPILOG = """\
Both simulators run the same cell, membrane and stimuli at the same time. NEURON's table of HH rates is
off, since Jaxley computes the rates without one. ΔV is NEURON − Jaxley.
Exit status: 0 both ran, whatever the difference; 1 one failed (one sentence on stderr); 2 wrong usage.
"""


def add_compare_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``somascope compare``."""
    parser.description = "Run a cell on NEURON and on Jaxley and compare the results."
    parser.epilog = _EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    add = parser.add_argument
    add("source", metavar="SOURCE", help="a bundled cell (pyramidal, …), x.swc, or NMO_00001")
    add("--for", dest="duration_ms", metavar="MS", type=duration, required=True,
        help="simulated time, ms")  # fmt: skip
    add_dt(parser)
    add_reading(parser)
    add("--sample", dest="sample_ms", metavar="MS", type=duration, default=0.1,
        help="interval between samples of all segments, ms (default: 0.1)")  # fmt: skip
    add("--precision", choices=("float64", "float32"), default="float64",
        help="precision of Jaxley (default: float64); NEURON always uses float64")  # fmt: skip
    add("--record", action="append", default=[], metavar="ID",
        help="a segment whose traces and spikes to compare: 'apic[12](0.625)'; may be repeated "
        "(default: the soma and the most distant tip)")  # fmt: skip
    add("--json", type=_json_file, metavar="F.json|-",
        help="write the results as JSON; - prints them instead of the table")  # fmt: skip
    add("--traces", type=file_of_kind(".csv", ".npz"), metavar="F.csv|F.npz",
        help="write both traces and ΔV of the recorded segments")  # fmt: skip
    add("--image", type=file_of_kind(".png"), metavar="F.png",
        help="draw the cell coloured by ΔV when it is largest")  # fmt: skip
    add_archive(parser)
    add_verbose(parser)


def _json_file(text: str) -> Path:
    return _STDOUT if text == "-" else file_of_kind(".json")(text)


def run_compare(args: argparse.Namespace) -> int:
    """Run the comparison of the command line; print it and write its files.

    Raises
    ------
    SomascopeError
        If the source cannot be compared, a simulator fails, or Ctrl+C was pressed.
    OSError
        If a file cannot be written; folders are checked before the simulation starts.
    """
    from app.export.files import check_folder

    files = (args.json, args.traces, args.image)
    for path in files:
        if path is not None and path != _STDOUT:
            check_folder(path)
    comparison = _run_comparison(args)
    lines = [] if args.json == _STDOUT else table_of(comparison.summary())
    if args.traces is not None:
        lines.append(_write_traces(args.traces, comparison))
    if args.image is not None:
        lines.append(_write_image(args.image, comparison))
    if args.json is not None and args.json != _STDOUT:
        _write_json(args.json, comparison)
        lines.append(f"numbers  {args.json}")
    if args.json == _STDOUT:  # print nothing else, so that a program can read it
        lines = [comparison.to_json()]
    sys.stdout.write("\n".join(lines) + "\n")
    return DONE


def _run_comparison(args: argparse.Namespace) -> Comparison:
    from app.archive.connection.options import ArchiveOptions
    from app.archive.loading.fetch import fetch_for_command
    from app.headless.job import catch_ctrl_c
    from backends.comparison.run import compare
    from backends.errors import SessionCancelled
    from backends.morphology.segment_names import check_segments
    from backends.sources.source import SessionSource

    shows_progress = sys.stderr.isatty()
    source = fetch_for_command(
        SessionSource.parse(args.source),
        ArchiveOptions.of(args),
        progress_line if shows_progress else None,
    )
    source = replace(
        source, dt_ms=args.dt_ms, units=args.units, trees=args.trees, membrane=args.membrane
    )
    try:
        with catch_ctrl_c() as stopped:
            comparison = compare(
                source,
                args.duration_ms,
                sample_ms=args.sample_ms,
                precision=args.precision,
                on_geometry=lambda cell: check_segments(cell, args.record, source.title),
                on_progress=lambda text, _: progress_line(text) if shows_progress else None,
                cancelled=stopped,
            )
    except SessionCancelled as error:
        raise SessionCancelled(
            "Stopped by Ctrl+C; a comparison needs both complete runs."
        ) from error
    finally:
        if shows_progress:
            progress_line("")
    chosen = tuple(dict.fromkeys(args.record)) or comparison.default_segments
    return replace(comparison, default_segments=chosen)


def table_of(rows: dict[str, str]) -> list[str]:
    """Return rows as lines with aligned texts."""
    width = max(map(len, rows)) + 2
    return [f"{label:<{width}}{text}" for label, text in rows.items()]


# ------------------------------------------------------------------------------------------ files


def _write_traces(path: Path, comparison: Comparison) -> str:
    from app.export.trace_column import TraceColumn
    from app.export.traces import write_traces

    columns: list[TraceColumn] = []
    for segment_id in comparison.default_segments:
        i = comparison.geometry.index_of(segment_id)
        left, right = comparison.left[:, i], comparison.right[:, i]
        for name, values in (
            (comparison.left_name, left),
            (comparison.right_name, right),
            ("ΔV", left - right),
        ):
            columns.append(TraceColumn(f"{segment_id} {name}", "mV", comparison.times, values))
    write_traces(path, columns)
    n = len(comparison.default_segments)
    return f"traces   {path} ({n} segment{'' if n == 1 else 's'}, {len(comparison.times)} samples)"


def _write_json(path: Path, comparison: Comparison) -> None:
    from app.export.files import write_text

    write_text(path, comparison.to_json() + "\n")


def _write_image(path: Path, comparison: Comparison) -> str:
    from app.headless.picture import write_picture
    from backends.messages import FieldReplace

    sample = comparison.worst().sample
    values = comparison.left[sample] - comparison.right[sample]
    frame = FieldReplace("difference", values, float(comparison.times[sample]))
    note = write_picture(path, scene_of(comparison), frame, comparison.default_segments)
    return f"picture  {path}" + (f" ({note})" if note else "")


def scene_of(comparison: Comparison) -> Scene:
    """Return a scene of the cell coloured by ΔV, on a scale that is symmetric about 0."""
    import numpy as np

    from backends.comparison.result import ROUNDING_MV
    from backends.field import Field
    from backends.scene import MorphologyViewSpec, Scene

    most = max(abs(comparison.worst().value), ROUNDING_MV)
    geometry = comparison.geometry
    label = f"{comparison.left_name} − {comparison.right_name}"
    view = MorphologyViewSpec(
        "cell",
        geometry.id,
        "difference",
        "mV",
        label,
        color_map="diverging",
        color_limits=(-most, most),
        color_norm="symmetric",
    )
    zeros = Field("difference", np.zeros(geometry.n_segments), ("segment",), unit="mV")
    return Scene(f"{comparison.title}: {label}", (geometry,), (zeros,), (view,))
