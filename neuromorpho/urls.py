"""Addresses at NeuroMorpho.Org, its mirror, or a server on this machine.

A `Site` is one host that serves the API and the files. Records contain addresses of the official host, all
``http://``; `Site.adopt` rewrites them for the site in use and refuses those of any other host, so that
no response of a server leads to a third one. Only the archive is in lower case, and both names are
percent-encoded: ``dableFiles/de%20koninck/CNG%20version/…``.
"""

from __future__ import annotations

import ipaddress
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import SplitResult, quote, urlsplit, urlunsplit

from neuromorpho.filenames import safe_filename
from neuromorpho.records.models import (
    DownloadMode,
    NeuroMorphoFilePlan,
    NeuroMorphoNeuron,
    NeuroMorphoUrls,
)

OFFICIAL_HOSTS = frozenset({"neuromorpho.org", "www.neuromorpho.org"})
OFFICIAL_ROOT = "https://neuromorpho.org"
MIRROR_ROOT = "http://cng.gmu.edu:8080"
_MIRROR_HOSTS = frozenset({"cng.gmu.edu:8080", "cngpro.gmu.edu:8080"})
_FALLBACK_SUFFIXES = (
    ".swc",
    ".asc",
    ".txt",
    ".dat",
    ".eswc",
    ".hoc",
    ".traces",
    ".ims",
    ".ndf",
    ".am",
    ".nts",
    ".xml",
    ".ANO",
)
_FOLDERS = {"standard": "CNG version", "original": "Source-Version"}
_SUFFIX = re.compile(r"\.[A-Za-z0-9_]{1,16}\Z")
_UNWANTED = re.compile(r"[\x00-\x20\x7f\\]")


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _split(url: str) -> SplitResult | None:
    """Return the parts of an address; None if it is invalid."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises where it is no number
    except ValueError:
        return None
    return parts


@dataclass(frozen=True)
class Site:
    """One host of the archive.

    Parameters
    ----------
    root
        ``https://host[:port][/path]``. Plain http is accepted only for this machine and for the official
        mirror, which offers nothing else. A ``/api`` at its end is dropped.

    Raises
    ------
    ValueError
        It is another address.
    """

    root: str = OFFICIAL_ROOT

    def __post_init__(self) -> None:
        root = self.root.strip().rstrip("/").removesuffix("/api").rstrip("/")
        parts = _split(root)
        if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError(f"{self.root!r} is not the address of a server; give https://host.")
        if parts.query or parts.fragment or "@" in parts.netloc:
            raise ValueError(f"{self.root!r} must be a host and a path only.")
        if "/api/" in f"{parts.path}/":
            raise ValueError(f"{self.root!r} is within an API; give the root of the server.")
        root = urlunsplit((parts.scheme, parts.netloc.lower(), parts.path, "", ""))
        if parts.scheme == "http" and root != MIRROR_ROOT and not is_loopback(parts.hostname):
            raise ValueError(
                f"{self.root!r} is not encrypted; use https, or a server on this machine."
            )
        object.__setattr__(self, "root", root)

    @property
    def api(self) -> str:
        """Root of the API."""
        return f"{self.root}/api"

    @property
    def files(self) -> str:
        """Root of the morphology files."""
        return f"{self.root}/dableFiles"

    @property
    def host(self) -> str:
        """Host, with its port if the address has one."""
        return urlsplit(self.root).netloc

    @property
    def is_official(self) -> bool:
        """Whether this is NeuroMorpho.Org itself."""
        return self.host in OFFICIAL_HOSTS

    def adopt(self, url: str) -> str:
        """Return an address of a record as an address of this site.

        Raises
        ------
        ValueError
            It is of a host that is not the archive's, or of a web page (the terms of use forbid
            reading those by program).
        """
        parts = _split(url.strip().replace(" ", "%20"))
        if parts is None or _UNWANTED.search(url.strip().replace(" ", "")):
            raise ValueError(f"{url!r} is not an address.")
        if parts.path.lower().endswith(".jsp"):
            raise ValueError(f"{url!r} is a web page, which programs may not read.")
        where = f"{parts.path}?{parts.query}" if parts.query else parts.path
        if not parts.netloc and not parts.scheme:
            return f"{self.root}/{where.lstrip('/')}"
        if parts.scheme not in {"http", "https"} or not self._is_ours(parts):
            raise ValueError(f"{url!r} is not on a host of NeuroMorpho.Org.")
        prefix = urlsplit(self.root).path if parts.netloc.lower() == self.host else ""
        return f"{self.root}/{where.removeprefix(prefix).lstrip('/')}"

    def _is_ours(self, parts: SplitResult) -> bool:
        host = parts.netloc.lower()
        bare = host.removesuffix(":80").removesuffix(":443")
        return host == self.host or bare in OFFICIAL_HOSTS or host in _MIRROR_HOSTS


NEUROMORPHO = Site()
MIRROR = Site(MIRROR_ROOT)
API_BASE = NEUROMORPHO.api
FILE_BASE = NEUROMORPHO.files


def infer_original_extension(neuron: NeuroMorphoNeuron | str | None) -> str:
    """Return the suffix that ``original_format`` ends with: ".asc" of "Neurolucida.asc".

    Raises
    ------
    ValueError
        It is missing, or has no suffix.
    """
    text = neuron.original_format if isinstance(neuron, NeuroMorphoNeuron) else neuron
    if not text or not text.strip():
        raise ValueError("The record has no original_format, so its original's suffix is unknown.")
    suffix = PurePosixPath(text.strip()).suffix
    if not _SUFFIX.match(suffix):
        raise ValueError(f"original_format {text!r} does not end with a file's suffix.")
    return suffix


def original_candidates(neuron: NeuroMorphoNeuron) -> tuple[str, ...]:
    """Return the suffixes to try for the original, the likeliest first; the format's may not be the file's."""
    with suppress(ValueError):
        return tuple(dict.fromkeys([infer_original_extension(neuron), *_FALLBACK_SUFFIXES]))
    return _FALLBACK_SUFFIXES


def build_standard_swc_url(neuron: NeuroMorphoNeuron, *, site: Site = NEUROMORPHO) -> str:
    """Return the address of the standardized SWC; ValueError for a record without archive."""
    return _file_url(neuron, "standard", ".CNG.swc", site)


def build_original_file_url(
    neuron: NeuroMorphoNeuron, *, suffix: str | None = None, site: Site = NEUROMORPHO
) -> str | None:
    """Return the address of the original with a suffix, by default its format's; None without suffix."""
    with suppress(ValueError):
        suffix = infer_original_extension(neuron) if suffix is None else suffix
        return _file_url(neuron, "original", suffix, site)
    return None


def build_measurement_url(neuron: NeuroMorphoNeuron | int, *, site: Site = NEUROMORPHO) -> str:
    """Return the address of a cell's morphometry."""
    neuron_id = neuron if isinstance(neuron, int) else neuron.neuron_id
    return f"{site.api}/morphometry/id/{neuron_id}"


def thumbnail_url(neuron: NeuroMorphoNeuron, *, site: Site = NEUROMORPHO) -> str | None:
    """Return the address of the picture; None if the record has none on a host of the archive."""
    if neuron.png_url and neuron.png_url.strip():
        with suppress(ValueError):
            return site.adopt(neuron.png_url)
    return None


def urls_of(neuron: NeuroMorphoNeuron, *, site: Site = NEUROMORPHO) -> NeuroMorphoUrls:
    """Return every address of a cell; None for those that its record does not lead to."""
    standard = None
    with suppress(ValueError):
        standard = build_standard_swc_url(neuron, site=site)
    return NeuroMorphoUrls(
        standard_swc=standard,
        original_file=build_original_file_url(neuron, site=site),
        measurement=build_measurement_url(neuron, site=site),
        thumbnail=thumbnail_url(neuron, site=site),
    )


def check_mode(mode: str) -> None:
    """Raise ValueError for an unknown mode."""
    if mode not in ("standard", "original", "both"):
        raise ValueError(f"Unknown mode {mode!r}; it is 'standard', 'original' or 'both'.")


def plan_neuron_files(
    neuron: NeuroMorphoNeuron, *, mode: DownloadMode = "both", site: Site = NEUROMORPHO
) -> tuple[NeuroMorphoFilePlan, ...]:
    """Return the files of a cell, the standardized first; one that is not available is skipped with a reason.

    Raises
    ------
    ValueError
        `mode` is neither "standard" nor "original" nor "both".
    """
    check_mode(mode)
    return tuple(_file_plan(neuron, kind, site) for kind in _FOLDERS if mode in (kind, "both"))


def plan_image(neuron: NeuroMorphoNeuron, *, site: Site = NEUROMORPHO) -> NeuroMorphoFilePlan:
    """Return the picture of a cell as a file; skipped with a reason if the record has none."""
    url, filename = thumbnail_url(neuron, site=site), f"{safe_filename(neuron.neuron_name)}.png"
    if url is None:
        reason = "The record has no picture."
        return NeuroMorphoFilePlan("image", "", filename, skip=True, reason=reason)
    return NeuroMorphoFilePlan("image", url, filename)


def _file_plan(neuron: NeuroMorphoNeuron, kind: str, site: Site) -> NeuroMorphoFilePlan:
    filename = safe_filename(neuron.neuron_name)
    try:
        suffix = ".CNG.swc" if kind == "standard" else infer_original_extension(neuron)
        filename += suffix
        return NeuroMorphoFilePlan(kind, _file_url(neuron, kind, suffix, site), filename)
    except ValueError as error:
        return NeuroMorphoFilePlan(kind, "", filename, skip=True, reason=str(error))


def _file_url(neuron: NeuroMorphoNeuron, kind: str, ending: str, site: Site) -> str:
    archive = (neuron.archive or "").lower()
    if archive.strip() in {"", ".", ".."}:
        raise ValueError(
            f"The record of {neuron.label} has no archive, so its files have no address."
        )
    return (
        f"{site.files}/{_quoted(archive)}/{_quoted(_FOLDERS[kind])}"
        f"/{_quoted(neuron.neuron_name)}{_quoted(ending)}"
    )


def _quoted(text: str) -> str:
    return quote(text, safe="", errors="surrogatepass")
