"""From a path to text: what may be opened, what kind of file it is, how it is encoded.

`stat` and the first 64 kB rule out everything that could block or fill the memory.
"""

from __future__ import annotations

import codecs
import errno
import gzip
import io
import os
import re
import stat
import zlib
from pathlib import Path

from backends.swc.audit import Report, SwcError, quote

MAX_BYTES = 256 * 2**20
HEAD_BYTES = 2**16

_SIGNATURES = (
    (b"\x89PNG\r\n", "format.binary", "a PNG image"),
    (b"\xff\xd8\xff", "format.binary", "a JPEG image"),
    (b"GIF8", "format.binary", "a GIF image"),
    (b"%PDF", "format.binary", "a PDF document"),
    (b"\x89HDF\r\n", "format.binary", "an HDF5 file"),
    (b"PK\x03\x04", "format.zip", "a ZIP archive"),
    (b"7z\xbc\xaf", "format.zip", "a 7-Zip archive"),
    (b"BZh", "format.zip", "a bzip2 archive"),
    (b"\xfd7zXZ", "format.zip", "an XZ archive"),
    (b"\x7fELF", "format.binary", "a program"),
)


def read_source(path: Path, report: Report) -> bytes:
    """Return the bytes of a regular file of at most `MAX_BYTES`, or refuse it.

    Raises
    ------
    SwcError
        ``file.*``, ``size.too-large`` or, from the first 64 kB, ``format.*``.
    """
    try:
        status = path.stat()
        _check_kind(status, report)
        with open(path, "rb", opener=open_nonblocking) as file:
            _check_kind(os.fstat(file.fileno()), report)
            head = file.read(HEAD_BYTES)
            sniff(head, report)
            return head + file.read(MAX_BYTES + 1 - len(head))
    except SwcError:
        raise
    except (OSError, ValueError) as error:
        raise _os_error(error, report) from error


def open_nonblocking(path: str, flags: int) -> int:
    """Open so that a pipe that replaced the file after `stat` cannot block."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _check_kind(status: os.stat_result, report: Report) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise report.error("file.directory", "this is a folder; choose a file in it")
    if not stat.S_ISREG(status.st_mode):
        raise report.error(
            "file.not-regular", "this is not a regular file but a pipe, socket or device"
        )
    if status.st_size > MAX_BYTES:
        raise _too_large(status.st_size, report)


def _too_large(size: int, report: Report) -> SwcError:
    return report.error(
        "size.too-large",
        f"the file has {size / 2**20:.0f} MB; morphologies are read up to {MAX_BYTES // 2**20} MB",
    )


def _os_error(error: OSError | ValueError, report: Report) -> SwcError:
    number = getattr(error, "errno", None)
    if number == errno.ENOENT:
        return report.error("file.not-found", "there is no such file, or the link to it is broken")
    if number == errno.ELOOP:
        return report.error("file.loop", "this link leads back to itself")
    if number in (errno.EACCES, errno.EPERM):
        return report.error("file.permission", "you have no permission to read it")
    if number == errno.ENOTDIR:
        return report.error("file.not-found", "part of its path is a file and not a folder")
    reason = getattr(error, "strerror", None) or str(error)
    return report.error("file.unreadable", f"the file could not be read ({reason})")


def sniff(head: bytes, report: Report) -> None:
    """Refuse a file whose first bytes show that it is of another kind.

    Raises
    ------
    SwcError
    """
    for signature, code, kind in _SIGNATURES:
        if head.startswith(signature):
            advice = ": unpack it first" if code == "format.zip" else ""
            raise report.error(code, f"this is {kind}, not SWC{advice}")
    if head[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) or head.startswith(b"\x1f\x8b"):
        return
    _refuse_nul(head, report)
    control = sum(head.count(bytes([code])) for code in range(32) if code not in b"\t\n\v\f\r\x1a")
    if control > 0.02 * len(head):
        raise report.error("format.binary", "this is a binary file, not SWC")
    _refuse_markup(head, report)


def _refuse_nul(data: bytes, report: Report) -> None:
    at = data.find(b"\0")
    if at < 0:
        return
    line = len(re.findall(rb"\r\n|\r|\n", data[:at])) + 1
    before = data[:at].rsplit(b"\n", 2)[-2:]
    is_text = all(32 <= byte < 127 or byte in b"\t\r\n" for byte in b"\n".join(before))
    if is_text and at > 0:
        raise report.error("format.binary", "there are NUL bytes in the text", line)
    raise report.error("format.binary", "this is a binary file, not SWC")


def _refuse_markup(head: bytes, report: Report) -> None:
    text = head.decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
    start = text[:512].lower()
    if start.startswith(("<!doctype html", "<html", "<head", "<body")):
        title = re.search(r"<title[^>]*>([^<]{1,200})", text, re.IGNORECASE)
        named = f" ({quote(title[1].strip())})" if title else ""
        raise report.error(
            "format.html", f"this is a web page{named} saved as SWC; download it again", 1
        )
    if start.startswith(("<?xml", "<neuroml", "<morphology", "<mbf", "<svg")):
        kind = "an XML (NeuroML) file" if "neuroml" in text.lower() else "an XML file"
        raise report.error("format.xml", f"this is {kind}, not SWC", 1)
    if start.startswith("{") or re.match(r"\[\s*[{\"\[]", start):
        found = re.search(r"\"(?:message|error|detail|title)\"\s*:\s*\"([^\"]{1,80})", text)
        quoted = f" ({quote(found[1])})" if found else ""
        raise report.error("format.json", f"this is a JSON response{quoted} saved as SWC", 1)
    if start.startswith("version https://git-lfs"):
        raise report.error(
            "format.git-lfs", 'this is a Git LFS pointer; fetch the file with "git lfs pull"', 1
        )


def decode(data: bytes, report: Report) -> str:
    """Return the text of `data` (≤ `MAX_BYTES`): gzip, UTF-8, UTF-16 with BOM, else Latin-1."""
    if data.startswith(b"\x1f\x8b"):
        data = _unpacked(data, report)
        sniff(data[:HEAD_BYTES], report)
    if len(data) > MAX_BYTES:
        raise _too_large(len(data), report)
    if data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        report.add("repair", "format.utf16", "the text is UTF-16: read as such", 1)
        text = data.decode("utf-16", "replace")
        _refuse_nul(text.encode("utf-8"), report)
        return text
    _refuse_nul(data, report)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        report.add("info", "format.latin1", "the text is not UTF-8: read as Latin-1")
        return data.decode("latin-1")


def _unpacked(data: bytes, report: Report) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            text = file.read(MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise report.error(
            "format.binary", "this is a gzip archive that cannot be unpacked; download it again"
        ) from error
    report.add("repair", "format.gzip", "the file is packed with gzip: unpacked")
    return text
