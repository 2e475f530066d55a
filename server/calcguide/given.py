"""Other people's RDF, loaded as it is given: into memory, or into a store on disk that is kept."""

import contextlib
import fcntl
import hashlib
import io
import multiprocessing
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pyoxigraph import NamedNode, Store

from calcguide import statistics, terms
from calcguide.dataset import Dataset
from calcguide.errors import DataError, UsageError
from calcguide.formats import INPUT_FORMATS
from calcguide.loading import data_error
from calcguide.settings import Settings

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

Progress = Callable[[str, int, int], None]
"""Told what is being done, the bytes done so far, and the bytes there are."""

_STORE: Final = "store"
_BUFFER: Final = 1_000_000
"""Bytes that are read at once: the engine asks for 2,000."""
_PARTIAL: Final = "partial"


def _untold(what: str, done: int, size: int) -> None:
    """Show nobody how it goes."""


@dataclass(frozen=True)
class Given:
    """A file to load, and the named graph that it goes into, None for what the file says."""

    path: Path
    graph: str | None = None


def load_given(files: Sequence[Given], settings: Settings, progress: Progress = _untold) -> Dataset:
    """Return the dataset of these files.

    Up to `memory_store_mb` of them are held in memory. More goes into a store on disk below the
    cache folder: it is built once, found again as long as the files are the same, and only read.
    Raises UsageError for a file ending that says no RDF format, DataError for a file that cannot
    be read or is not well-formed, and for a disk that cannot be written.
    """
    for file in files:
        if file.path.suffix.removeprefix(".") not in INPUT_FORMATS:
            raise UsageError(
                f"{file.path}: the ending does not say which RDF format this is. "
                f"Known endings: {', '.join('.' + e for e in INPUT_FORMATS)}."
            )
    if sum(_status(file).st_size for file in files) <= settings.number("memory_store_mb") * 10**6:
        dataset = Dataset(Store(), terms.BASE)
        _fill(dataset.store, files, progress)
        return dataset
    kept = _kept(files, settings.cache_folder / "stores", progress)
    return Dataset(kept / _STORE, terms.BASE)


def _status(file: Given) -> os.stat_result:
    try:
        return file.path.stat()
    except OSError as error:
        raise _unloadable(file, error) from error


def _unloadable(file: Given, error: Exception) -> DataError:
    reason = error.strerror if isinstance(error, OSError) else str(error)
    return DataError(f"cannot be loaded: {reason or error}.", path=file.path)


def _fill(store: Store, files: Sequence[Given], progress: Progress) -> None:
    for file in files:
        try:
            with io.BufferedReader(_Counted(file.path, progress), _BUFFER) as source:
                store.bulk_load(
                    source,
                    INPUT_FORMATS[file.path.suffix.removeprefix(".")],
                    base_iri=file.path.absolute().as_uri(),
                    to_graph=NamedNode(file.graph) if file.graph else None,
                )
        except SyntaxError as error:
            raise data_error(error, file.path) from error
        except (OSError, ValueError) as error:
            raise _unloadable(file, error) from error


class _Counted(io.FileIO):
    """A file that tells how much of it has been read."""

    def __init__(self, path: Path, progress: Progress) -> None:
        super().__init__(path)
        self._path, self._progress, self._read = path, progress, 0
        self._size = path.stat().st_size

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Read as `io.RawIOBase` says."""
        count = super().readinto(buffer) or 0
        self._read += count
        self._progress(f"loading {self._path}", self._read, self._size)
        return count


def _kept(files: Sequence[Given], folder: Path, progress: Progress) -> Path:
    """Return the folder of the store of these files, built first where there is none.

    It is locked against removal until this process and all that it forks have ended.
    """
    whose, what = _names(files)
    place = folder / f"{whose}-{what}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not place.exists():
            with _locked(folder, fcntl.LOCK_EX):  # another may be building it
                _remove_outdated(folder, whose, place)
                if not place.exists():
                    _build_elsewhere(files, place, progress)
        _lock(place, fcntl.LOCK_SH)
    except OSError as error:
        reason = f"no store can be kept here: {error.strerror}. Set CALCGUIDE_CACHE to a folder"
        raise DataError(f"{reason} with room for several times the files.", path=folder) from error
    return place


def _names(files: Sequence[Given]) -> tuple[str, str]:
    """Whose store it is, by paths and graphs; and of which files, by their sizes and times.

    Reading gigabytes to see that they are the same would take longer than a start may.
    """
    whose = [(str(file.path.absolute()), file.graph) for file in files]
    statuses = [_status(file) for file in files]
    what = [(status.st_size, status.st_mtime_ns, status.st_ino) for status in statuses]
    code = [metadata.version("pyoxigraph"), statistics.VERSION]
    return _digest(whose), _digest([what, code])


def _digest(named: object) -> str:
    return hashlib.sha256(repr(named).encode()).hexdigest()[:16]


def _build_elsewhere(files: Sequence[Given], place: Path, progress: Progress) -> None:
    """Build the store in a process of its own, and put it in place in one step.

    The engine starts threads for it, and what has threads must not fork, as a server does
    afterwards; and a file may end the process that parses it.
    """
    partial = place.parent / _PARTIAL
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    anew = multiprocessing.get_context("spawn")
    try:
        with ProcessPoolExecutor(1, mp_context=anew) as process:
            process.submit(_build, files, partial, progress).result()
        partial.rename(place)
    except BrokenProcessPool as error:
        names = ", ".join(str(file.path) for file in files)
        raise DataError(
            f"loading {names} ended the process that did it: too little memory, or data nested "
            "too deep. Split the files, or write them as N-Triples or N-Quads.",
            path=place.parent,
        ) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _build(files: Sequence[Given], partial: Path, progress: Progress) -> None:
    store = Store(str(partial / _STORE))
    _fill(store, files, progress)
    progress("ordering and counting", 0, 0)
    with ThreadPoolExecutor(1) as beside:
        ordered = beside.submit(store.optimize)
        counted = statistics.count(store, terms.BASE)
        ordered.result()
    statistics.keep(counted, partial / _STORE)


def _remove_outdated(folder: Path, whose: str, place: Path) -> None:
    """Remove the stores of the same files as they once were, but for those still being served."""
    for other in folder.glob(f"{whose}-*"):
        if other != place:
            with contextlib.suppress(OSError), _locked(other, fcntl.LOCK_EX | fcntl.LOCK_NB):
                shutil.rmtree(other)


def _lock(folder: Path, how: int) -> int:
    """Lock a folder until the descriptor that is returned is closed everywhere."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, how)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


@contextlib.contextmanager
def _locked(folder: Path, how: int) -> Iterator[None]:
    descriptor = _lock(folder, how)
    try:
        yield
    finally:
        os.close(descriptor)
