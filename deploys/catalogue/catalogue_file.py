"""services.yml as it is now: read again when it changes, and left out while its new text is wrong.

Each process looks by itself, at the start of every request and job, and every few seconds between them. A
look is a `stat` of each file, which is read only if that says something new.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from threading import Event, Lock, Thread

import structlog

from deploys.catalogue.catalogue import Catalogue, load_catalogue
from deploys.catalogue.rejected_file import RejectedFile
from deploys.errors import CatalogueInvalid, CatalogueUnreadable
from deploys.telemetry.metrics import SERVICES_FILE_REJECTED

log = structlog.get_logger()

STILL_SECONDS = 0.5
"""A change counts once the file has been still for so long: before, it may be half written, and half a file
may allow more than all of it."""
UNSETTLED_SECONDS = 2.0
"""A file that changed so lately may change again with the same stamp, because file systems keep times in
steps of up to two seconds (FAT). Until then its text is compared."""
RECHECK_SECONDS = 5.0
"""A file with mistakes is checked again this often: what it names, such as a calendar, may be right by
now."""
LOOK_SECONDS = 2.0
"""Between two looks of a process that nobody asks for anything."""
MAX_PROBLEMS_LOGGED = 20


class CatalogueFile:
    """The catalogue of a file. It may be used by several threads, and by processes that are forked later."""

    def __init__(
        self,
        path: Path,
        environ: Mapping[str, str] | None = None,
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Reads the file. environ: as for `load_catalogue`.

        Raises:
            CatalogueUnreadable, CatalogueInvalid: with every mistake in it.
        """
        self._path = path
        self._environ = environ
        self._now = now
        self._lock = Lock()
        self._files: tuple[Path, ...] = (path,)
        """The file, and the calendars that it names."""
        self._text = self._read_text()
        """Names what they said when the catalogue was made of them."""
        self._catalogue: Catalogue
        self._set_catalogue(load_catalogue(path, environ))
        self._stamps: tuple[_Stamp, ...] | None = None
        """As of the last look; None: the text has to be compared."""
        self._coming = ("", 0.0)
        """Another text, and since when it is seen (epoch seconds)."""
        self._checked_at = 0.0
        self._logged = ""

    def current(self) -> Catalogue:
        """The catalogue that is in force: the same object until the file changes. If the file cannot be used
        any more, `Catalogue.rejected` says so, and the log says why, once."""
        with self._lock:
            self._look()
            return self._catalogue

    def _look(self) -> None:
        now = self._now()
        stamps = tuple(map(_stamp, self._files))
        is_due = self._catalogue.rejected is not None and now - self._checked_at >= RECHECK_SECONDS
        if stamps == self._stamps and not is_due:
            return
        text = self._read_text()
        if text != self._text and not self._is_still(text, stamps, now):
            return
        is_settled = all(now - each.changed_at > UNSETTLED_SECONDS for each in stamps)
        self._stamps = stamps if is_settled else None
        if text != self._text or is_due:
            self._text, self._checked_at = text, now
            self._read_again(now)

    def _is_still(self, text: str, stamps: tuple[_Stamp, ...], now: float) -> bool:
        """Whether nobody is writing it, by the time of the file, or by how long it has been seen like this:
        the time may be that of another machine's clock, and there is none if the file is gone."""
        if self._coming[0] != text:
            self._coming = (text, now)
        written_at = max(each.written_at for each in stamps)
        return max(now - written_at, now - self._coming[1]) >= STILL_SECONDS

    def _read_again(self, now: float) -> None:
        was = self._catalogue.version
        try:
            found = load_catalogue(self._path, self._environ)
        except (CatalogueInvalid, CatalogueUnreadable) as error:
            self._reject(error, now)
            return
        self._logged = ""
        self._set_catalogue(found)
        SERVICES_FILE_REJECTED.set(0)
        log.info("services.yml was read again", file=str(self._path), version=found.version, was=was)

    def _reject(self, error: CatalogueInvalid | CatalogueUnreadable, now: float) -> None:
        problems = error.problems if isinstance(error, CatalogueInvalid) else ()
        SERVICES_FILE_REJECTED.set(1)
        before = self._catalogue.rejected
        rejected = RejectedFile(before.since if before else now, len(problems))
        if rejected != before:
            self._catalogue = replace(self._catalogue, rejected=rejected)
        listed = [f"{self._path}:{each}" for each in problems[:MAX_PROBLEMS_LOGGED]]
        if len(problems) > MAX_PROBLEMS_LOGGED:
            listed.append(f"{len(problems) - MAX_PROBLEMS_LOGGED} more")
        why = " | ".join(listed) or error.message
        if why != self._logged:
            self._logged = why
            log.error(
                "services.yml cannot be used, so what it said before stays in force",
                file=str(self._path),
                version=self._catalogue.version,
                problems=why,
            )

    def _set_catalogue(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._files = (self._path, *(self._path.parent / name for name, _ in catalogue.calendars))

    def _read_text(self) -> str:
        digest = hashlib.sha256()
        for each in self._files:
            try:
                said = each.read_bytes()
            except OSError as error:
                said = f"unreadable: {error.errno}".encode()
            digest.update(hashlib.sha256(said).digest())
        return digest.hexdigest()


def look_regularly(read_catalogue: Callable[[], Catalogue], until: Event) -> None:
    """Looks from a thread of its own, so that the log and the metrics tell of a wrong file although nobody
    asks for anything. Call it after the last fork of the process. read_catalogue: `CatalogueFile.current`;
    until: once this is set, nobody looks any more."""

    def look() -> None:
        while not until.wait(LOOK_SECONDS):
            read_catalogue()

    Thread(target=look, name="services-file", daemon=True).start()


class _Stamp(tuple[int, ...]):
    """What changes with a file: its device and inode, its size, and its times (ns). A file that takes the
    place of another by a rename or a symbolic link has another inode. Empty: there is none."""

    @property
    def written_at(self) -> float:
        """Epoch seconds."""
        return self[3] / 1e9 if self else float("inf")

    @property
    def changed_at(self) -> float:
        """When it was written, or moved to its place (epoch seconds)."""
        return max(self[3:]) / 1e9 if self else float("-inf")


def _stamp(path: Path) -> _Stamp:
    try:
        found = path.stat()
    except OSError:
        return _Stamp()
    return _Stamp((found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns))
