"""`python -m app.doctor.setup_check`: installs the system packages that the tests need, if that is allowed.

`make test` calls it. It installs with apt-get as root or if `sudo -n` needs no password; otherwise it
prints the command and ends with 1. Standard library only.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from app.doctor.system_libraries import (
    GUI_LIBRARIES,
    PACKAGES,
    XCB_LIBRARIES,
    apt_line,
    apt_names,
    has_software_opengl,
    install_line,
    missing_libraries,
)


def missing_for_tests() -> tuple[list[str], list[str]]:
    """Return the sonames that cannot be opened, and the Debian packages that the tests lack."""
    if sys.platform != "linux":
        return [], []
    sonames = missing_libraries([*GUI_LIBRARIES, *XCB_LIBRARIES])
    packages = [PACKAGES[soname] for soname in sonames]
    if not shutil.which("Xvfb"):
        packages.append("xvfb")
    if not has_software_opengl():
        packages.append("libgl1-mesa-dri")
    return sonames, packages


def main() -> int:
    """Install what the tests lack, or print how to; return 0 if nothing is missing any more."""
    sonames, packages = missing_for_tests()
    if not packages:
        return 0
    if not shutil.which("apt-get"):
        write_line(
            f"The tests need Xvfb, Mesa and X11's libraries; missing: {', '.join(packages)}."
        )
        if sonames:
            write_line(install_line(sonames))
        return 1
    prefix = _privilege()
    if prefix is None:
        write_line(
            f"The tests need {len(packages)} system packages, and installing them needs a password:"
        )
        write_line(f"  {apt_line(packages)}")
        write_line("Run this command, then `make test` again.")
        return 1
    return _install(prefix, packages)


def _install(prefix: list[str], packages: list[str]) -> int:
    names = apt_names(packages)
    write_line(f"Installing {len(names)} system packages for the tests: {' '.join(names)}")
    environ = [
        *prefix,
        "env",
        "DEBIAN_FRONTEND=noninteractive",
        "apt-get",
        "-q",
        "-o=Dpkg::Use-Pty=0",
    ]
    for step in (["update"], ["install", "-y", "--no-install-recommends", *names]):
        done = subprocess.run(
            [*environ, *step],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            write_line(done.stdout)
            write_line(f"apt-get {step[0]} failed. Run it yourself:  {apt_line(packages)}")
            return 1
    still = missing_for_tests()[1]
    if still:
        write_line(f"After the installation these are still missing: {' '.join(still)}.")
    return 1 if still else 0


def _privilege() -> list[str] | None:
    """Return what to put before apt-get: nothing for root, sudo if it needs no password, otherwise None."""
    if os.geteuid() == 0:
        return []
    if not shutil.which("sudo"):
        return None
    free = subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0
    return ["sudo", "-n"] if free else None


def write_line(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(line.rstrip("\n") + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
