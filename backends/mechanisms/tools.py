"""What is needed to compile mechanisms: NEURON's nrnivmodl, make and a C++ compiler, each found without importing NEURON."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from backends.mechanisms.errors import MechanismError

_COMPILERS = ("c++", "g++", "clang++")
_INSTALL = {
    "apt-get": "sudo apt-get install g++ make",
    "dnf": "sudo dnf install gcc-c++ make",
    "zypper": "sudo zypper install gcc-c++ make",
    "pacman": "sudo pacman -S gcc make",
    "apk": "sudo apk add g++ make bash",
}


def neuron_version() -> str:
    """Return which NEURON compiles: its version and its folder; "" where none is installed."""
    folder = _package_folder()
    if folder is None:
        return ""
    for name in ("neuron", "neuron-nightly"):
        try:
            return f"{version(name)} in {folder}"
        except PackageNotFoundError:
            continue
    return f"in {folder}"


def _package_folder() -> Path | None:
    spec = find_spec("neuron")
    return Path(spec.origin).parent if spec is not None and spec.origin else None


def find_nrnivmodl() -> Path:
    """Return the nrnivmodl of this Python's NEURON, never that of another environment.

    It is the one in the package's data, where NEURON came as a wheel, else the one in the folder of this Python's
    scripts or above the package, where NEURON was installed otherwise.

    Raises
    ------
    MechanismError
        ``nrnivmodl-missing``.
    """
    folder = _package_folder()
    places = []
    if folder is not None:
        places.append(folder / ".data" / "bin")
    places += [Path(sys.executable).parent, Path(sysconfig.get_path("scripts"))]
    if folder is not None:
        places += [each / "bin" for each in folder.parents[:4]]
    for place in places:
        found = place / "nrnivmodl"
        if found.is_file() and os.access(found, os.X_OK):
            return found
    raise MechanismError(
        f"The .mod files cannot be compiled, as the NEURON of {sys.executable} has no nrnivmodl: run "
        f"{sys.executable} -m pip install --force-reinstall neuron.",
        "Searched:\n" + "\n".join(map(str, places)),
        code="nrnivmodl-missing",
        hint="install-neuron",
    )


def environment_of(nrnivmodl: Path, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the environment to run nrnivmodl in: a wheel's does not know where it was installed."""
    found = dict(environ)
    for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL"):  # of a make that has started this program
        found.pop(name, None)
    found["LC_ALL"] = "C"  # the compiler's sentences are read
    home = nrnivmodl.parent.parent
    if home.name == ".data":
        for name in ("NRNHOME", "CORENRNHOME", "NMODLHOME"):
            found[name] = str(home)
        found["NEURONHOME"] = str(home / "share" / "nrn")
        found["NRN_PYTHONEXE"] = found["CORENRN_PYTHONEXE"] = sys.executable
        found.setdefault("CXX", cxx(environ) or "c++")
        found.setdefault("CC", "cc")
    return found


def cxx(environ: Mapping[str, str] = os.environ) -> str:
    """Return the C++ compiler, with its options: $CXX, else the first that is installed; "" for none."""
    named = environ.get("CXX", "")
    if named:
        return named if shutil.which(named.split()[0], path=environ.get("PATH")) else ""
    return next((each for each in _COMPILERS if shutil.which(each, path=environ.get("PATH"))), "")


def missing_tools(environ: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """Return what is not installed of that which compiles mechanisms: ``"a C++ compiler"``, ``"make"``, ``"bash"``."""
    path = environ.get("PATH")
    missing = [] if cxx(environ) else ["a C++ compiler"]
    missing += [name for name in ("make", "bash") if not shutil.which(name, path=path)]
    if sys.platform == "darwin" and not missing and not _has_command_line_tools():
        return ("a C++ compiler", "make")  # /usr/bin/c++ only offers to install them
    return tuple(missing)


def _has_command_line_tools() -> bool:
    try:
        found = subprocess.run(["xcode-select", "-p"], capture_output=True, check=False, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return True
    return found.returncode == 0


def install_words() -> str:
    """Return the line that installs a compiler and make here, or what to look for."""
    if sys.platform == "darwin":
        return "xcode-select --install"
    return next(
        (line for tool, line in _INSTALL.items() if shutil.which(tool)),
        "the packages g++ and make of this system",
    )


def check_tools(environ: Mapping[str, str] = os.environ) -> None:
    """Raise MechanismError (``compiler-missing``) if mechanisms cannot be compiled on this machine."""
    missing = missing_tools(environ)
    if missing:
        raise MechanismError(
            f"The .mod files cannot be compiled without {' and '.join(missing)}: install "
            f"{'it' if len(missing) == 1 else 'them'} ({install_words()}), then open the model again.",
            code="compiler-missing",
            hint="install-compiler",
        )
