"""``python -m tests.neuromorpho.server``: a NeuroMorpho.Org on loopback to click and type at."""

from __future__ import annotations

import argparse
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from tests.neuromorpho.server import KINDS, Server, Switches, hostile_records
from tests.neuromorpho.server.switches import CHOICES

RECORDED = Path(__file__).resolve().parents[4] / "shared" / "data" / "neuromorpho_json"
_KEPT = 32_768  # made records as text: 55 MB, and no page of a benchmark waits for its making

_ABOUT = """
Answer as NeuroMorpho.Org does, on this machine only, with cells that are made: their records, SWC files,
originals, logs, thumbnails, measures, vectors and publications, always the same for the same id. The
address is printed, then requests are answered until Ctrl+C. Point Somascope at it with

    somascope neuromorpho --base-url http://127.0.0.1:PORT search --species mouse

What was recorded of the real server is added where the folder ../shared/data/neuromorpho_json is there.
"""


def _epilog() -> str:
    lines = ["faults: NAME[=VALUE][,times=N][,path=PATTERN][,query=KEY=VALUE][,after=N]"]
    for name, kind in sorted(KINDS.items()):
        where = "" if kind.path == "*" else f" (path={kind.path})"
        lines.append(f"  {name:15} {kind.description}{where}")
    lines.append("\nswitches: NAME=VALUE, the default first")
    lines += [f"  {name:15} {' or '.join(values)}" for name, values in CHOICES.items()]
    lines.append(
        "\nexample: --records 300000 --fault unavailable=2,times=3 --fault slow=5,path=*.swc"
    )
    return "\n".join(lines)


def build_arg_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.neuromorpho.server",
        description=_ABOUT,
        epilog=_epilog(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=int, default=0, help="0, the default, for any that is free")
    parser.add_argument("--data", type=Path, help="folder of recorded answers")
    parser.add_argument("--no-data", action="store_true", help="made cells only")
    parser.add_argument(
        "--records", type=int, default=1000, metavar="N", help="cells to make (1000), up to 300000"
    )
    parser.add_argument(
        "--hostile", action="store_true", help="add records whose names and notes mean harm"
    )
    parser.add_argument("--fault", action="append", default=[], metavar="FAULT", help="see below")
    parser.add_argument("--switch", action="append", default=[], metavar="SWITCH", help="see below")
    return parser


def server_of(arguments: argparse.Namespace) -> Server:
    """Return the server of a command line; ValueError for invalid options."""
    switches = Switches()
    for text in arguments.switch:
        name, _, value = text.partition("=")
        switches = switches.but(name, value)
    data = arguments.data
    if data is None and RECORDED.is_dir() and not arguments.no_data:
        data = RECORDED
    if data is not None and not data.is_dir():
        raise ValueError(f"{data} is no folder; give that of the recorded answers, or --no-data.")
    server = Server(
        hostile_records() if arguments.hostile else (),
        n_made=arguments.records,
        data=data,
        switches=switches,
        port=arguments.port,
        keep=_KEPT,
    )
    for text in arguments.fault:
        server.faults.add_text(text)
    return server


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until Ctrl+C."""
    parser = build_arg_parser()
    try:
        server = server_of(parser.parse_args(argv)).start()
    except (ValueError, OSError) as wrong:
        parser.error(str(wrong))
    try:
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        threading.Event().wait()
    except KeyboardInterrupt:
        pass
    finally:
        server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
