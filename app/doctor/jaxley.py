"""Checks of Jaxley: versions, the device that JAX computes on, and the folder of compiled programs.

JAX may raise, abort or wait for a driver during its import. So another process imports it, while the
other checks run. Standard library only.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.doctor.check_result import CheckResult, version_of

TIMEOUT_S = 30.0
CACHE_VARIABLE = "JAX_COMPILATION_CACHE_DIR"
_PACKAGES = ("jaxley", "jax", "jaxlib")
_PROBE = """
import json, sys
def report(**values):
    sys.stdout.write(json.dumps(values) + "\\n")
    sys.stdout.flush()
try:
    import jax
    found = jax.devices()
    report(platform=found[0].platform, kind=found[0].device_kind, n=len(found))
    import jaxley
    report(works=True)
except BaseException as error:  # whatever an import raises, even SystemExit, is the result
    reason = str(error).strip().partition("\\n")[0] or "no reason given"
    report(failed=f"{type(error).__name__}: {reason}")
"""


@dataclass(frozen=True)
class ProbeResult:
    """Result of the probe.

    Attributes
    ----------
    device : dict
        ``platform``, ``kind`` and ``n`` of JAX's devices; empty if unknown.
    failure : str
        Why Jaxley cannot be used, "" if it can be.
    """

    device: dict[str, Any] = field(default_factory=dict)
    failure: str = ""


class Probe:
    """The process that imports JAX and Jaxley: started at once, read later."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        if all(version_of(name) for name in _PACKAGES):
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", _PROBE],
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
                text=True,
            )  # fmt: skip

    def result(self, timeout_s: float = TIMEOUT_S) -> ProbeResult:
        """Wait at most `timeout_s` seconds for the process and return its result."""
        if self._process is None:
            return ProbeResult(failure="not installed")
        ending = ""
        with self._process as process:
            try:
                output, _ = process.communicate(timeout=timeout_s)
            except subprocess.TimeoutExpired:
                process.kill()
                output, _ = process.communicate()
                ending = f"no answer within {timeout_s:g} s"
        values = _parse_output(output)
        works, reason = values.pop("works", False), values.pop("failed", "")
        return ProbeResult(
            values, "" if works else ending or reason or _exit_text(process.returncode)
        )


def _parse_output(output: str) -> dict[str, Any]:
    """Return the values that the probe printed; other lines, printed by an import, are ignored."""
    values: dict[str, Any] = {}
    for line in output.splitlines():
        with contextlib.suppress(ValueError):
            found = json.loads(line)
            values |= found if isinstance(found, dict) else {}
    return values


def _exit_text(code: int) -> str:
    return (
        f"its import was ended by signal {-code}"
        if code < 0
        else f"its import ended with exit status {code}"
    )


def check_jaxley(probe: ProbeResult) -> CheckResult:
    """Check that Jaxley and JAX are installed and can be imported; list their versions."""
    versions = {name: version_of(name) for name in _PACKAGES}
    absent = [name for name, version in versions.items() if not version]
    remedy = f"{sys.executable} -m pip install jaxley"
    if absent:
        found = f"not installed: {', '.join(absent)}; NEURON works without it"
        return CheckResult("Jaxley", "note", found, remedy)
    found = f"{versions['jaxley']}, JAX {versions['jax']}"
    if not probe.failure:
        return CheckResult("Jaxley", "ok", found)
    found += f", cannot be used ({probe.failure}); NEURON works without it"
    if probe.device or os.environ.get("JAX_PLATFORMS", "cpu") in ("", "cpu"):
        return CheckResult("Jaxley", "note", found, f"{remedy} --force-reinstall")
    return CheckResult("Jaxley", "note", found, "Unset JAX_PLATFORMS, which names the device.")


def check_device(probe: ProbeResult) -> CheckResult:
    """Find the device that JAX computes on."""
    if not probe.device:
        return CheckResult("JAX device", "note", "unknown: JAX did not report one")
    platform, kind, n = (probe.device[key] for key in ("platform", "kind", "n"))
    if platform != "cpu":
        more = f", the first of {n}" if n > 1 else ""
        return CheckResult("JAX device", "ok", f"{platform.upper()}: {kind}{more}")
    if shutil.which("nvidia-smi") and not os.environ.get("JAX_PLATFORMS"):
        remedy = f'{sys.executable} -m pip install "jax[cuda]" lets Jaxley use it.'
        return CheckResult("JAX device", "note", "CPU; the NVIDIA GPU here is not used", remedy)
    return CheckResult("JAX device", "ok", "CPU")


def programs_folder(cache: Path) -> Path:
    """Return the folder of compiled programs, the same as `backends.jaxley.simulator.cache_folder`."""
    named = os.environ.get(CACHE_VARIABLE)
    return Path(os.path.expanduser(named)) if named else cache / "jax"


def check_programs(cache: Path) -> CheckResult:
    """Check the folder of compiled programs: its size, and that it can be written."""
    folder = programs_folder(cache)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            sizes = [each.stat().st_size for each in os.scandir(folder) if each.is_file()]
    except OSError as error:
        remedy = f"Set {CACHE_VARIABLE} to a folder that you can write to; otherwise every start compiles again."
        found = f"{folder} cannot be written: {error.strerror}"
        return CheckResult("Compiled programs", "note", found, remedy)
    many = f"{sum(sizes) / 2**20:.1f} MiB in {len(sizes)} file{'' if len(sizes) == 1 else 's'}"
    return CheckResult("Compiled programs", "ok", f"{folder}, {many if sizes else 'empty'}")
