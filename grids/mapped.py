"""Arrays in one file that many processes map into their memory: written whole or not at all, read only when sound."""

from __future__ import annotations

import contextlib
import fcntl
import json
import mmap
import os
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAGIC = b"WANGGE ARRAYS 1\n"
ALIGNED = 64


class Unsound(Exception):
    """The file is not one of ours, or not all of it is there."""


def write(path: Path, arrays: Mapping[str, NDArray[Any]], told: Mapping[str, Any]) -> None:
    """Put arrays and a few JSON words about them into a file that only we may read; OSError when it cannot be."""
    places, offset, sum_ = {}, 0, 0
    for name, array in arrays.items():
        places[name] = {"dtype": array.dtype.str, "shape": array.shape, "offset": offset}
        offset += -(-array.nbytes // ALIGNED) * ALIGNED
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".making-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            for array in arrays.values():
                body = np.ascontiguousarray(array).tobytes()
                body += bytes(-len(body) % ALIGNED)
                sum_ = zlib.crc32(body, sum_)
                file.write(body)
            head = json.dumps({"arrays": places, "sum": sum_, "size": offset, "told": told}).encode()
            # the head comes last, so that its place in the file does not move the arrays
            file.write(head + zlib.crc32(head).to_bytes(4, "little") + len(head).to_bytes(8, "little") + MAGIC)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        raise


def read(path: Path) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Arrays and words of a file, shared with every process that reads it; OSError, or Unsound when it is damaged.

    The arrays are ours to write on as well (the pages then become our own), so that kernels take them as any other.
    """
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size < len(MAGIC) + 12:
            raise Unsound(f"{path.name} is cut short")
        room = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    end = size - len(MAGIC)
    begin = end - 12 - int.from_bytes(room[end - 8 : end], "little")
    if room[end:] != MAGIC or begin < 0:
        raise Unsound(f"{path.name} is cut short or not ours")
    try:
        if zlib.crc32(room[begin : end - 12]) != int.from_bytes(room[end - 12 : end - 8], "little"):
            raise Unsound(f"{path.name} is damaged")
        head = json.loads(room[begin : end - 12])
        if head["size"] != begin or zlib.crc32(memoryview(room)[:begin]) != head["sum"]:
            raise Unsound(f"{path.name} is damaged")
        return {name: _array(room, place) for name, place in head["arrays"].items()}, head["told"]
    except (ValueError, KeyError, TypeError) as error:
        raise Unsound(f"{path.name} is damaged") from error


def _array(room: mmap.mmap, place: Mapping[str, Any]) -> NDArray[Any]:
    """One array of a mapped file."""
    shape = tuple(place["shape"])
    count = int(np.prod(shape, dtype=np.int64))
    return np.frombuffer(room, dtype=np.dtype(place["dtype"]), count=count, offset=place["offset"]).reshape(shape)


def private(folder: Path) -> None:
    """Make a folder that nobody else may enter, or shut one that others might; OSError when it is not ours to shut."""
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)  # one that is there already is whoever's it is
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_mode & 0o077:
        folder.chmod(0o700)


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Be the only process at work in a folder; the kernel lets go when we die."""
    with (folder / "lock").open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def keep_newest(folder: Path, pattern: str, most: int) -> None:
    """Delete all but the files that were used last; whoever has one mapped keeps it until the process ends."""
    dated = []
    for path in folder.glob(pattern):
        with contextlib.suppress(FileNotFoundError):
            dated.append((path.stat().st_mtime_ns, path))
    for _, path in sorted(dated, reverse=True)[most:]:
        path.unlink(missing_ok=True)
