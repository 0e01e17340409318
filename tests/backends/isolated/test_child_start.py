"""What the child's start depends on by name: the line that boots it, its imports, its errors' module."""

from __future__ import annotations

import importlib
import inspect
import re
import subprocess
import sys

import pytest

import backends.errors
from backends.errors import MorphologyError, SomascopeError
from backends.isolated import child, process
from backends.swc.audit import SwcError

STARTS_WITH = {
    "backends",
    "backends.commands",
    "backends.connections",
    "backends.control_values",
    "backends.controls",
    "backends.error_updates",
    "backends.errors",
    "backends.field",
    "backends.isolated",
    "backends.isolated.child",
    "backends.isolated.exit_status",
    "backends.isolated.frames",
    "backends.isolated.long_call",
    "backends.layout",
    "backends.messages",
    "backends.phase",
    "backends.reserved",
    "backends.scene",
    "backends.scripts",
    "backends.session",
    "backends.update_queue",
    "backends.views",
}


def test_the_boot_line_calls_the_child_s_main_with_two_descriptors_and_modules() -> None:
    found = re.search(r"from ([\w.]+) import (\w+)", process._BOOT)
    assert found is not None
    main = getattr(importlib.import_module(found[1]), found[2])
    assert main is child.main
    assert len(inspect.signature(main).parameters) == 3
    compile(process._BOOT, "boot", "exec")


def test_the_child_s_start_imports_nothing_heavy() -> None:
    code = (
        "import sys; before = set(sys.modules); import backends.isolated.child; "
        "print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    modules = set(done.stdout.split())
    assert {each for each in modules if each.startswith("backends")} == STARTS_WITH
    packages = {each.partition(".")[0] for each in modules} - set(sys.stdlib_module_names)
    assert packages - {"__mp_main__"} == {"backends", "lazy_loader", "numpy"}


class OnlyHere(SwcError):
    """An error whose class the parent might not be able to import."""


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (OnlyHere("No.", code="format.empty"), MorphologyError),
        (SwcError("No.", code="format.empty"), MorphologyError),
        (MorphologyError("No.", code="format.empty"), MorphologyError),
    ],
)
def test_an_error_leaves_the_child_as_its_nearest_class_in_backends_errors(
    error: SomascopeError, kind: type[SomascopeError]
) -> None:
    plain = child._importable_error(error)
    assert type(plain) is kind
    assert kind.__module__ == backends.errors.__name__ == "backends.errors"
    assert plain.code == "format.empty"
