"""A file of arrays is whole or refused; processes share it; nobody is harmed by its end."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from grids import mapped

ARRAYS = {
    "numbers": np.arange(1000, dtype=np.int32).reshape(50, 20),
    "flags": np.array([True, False, True]),
    "nothing": np.empty((0, 4), dtype=np.int64),
    "ids": np.array([b"a\0b", b"\0\0\0"], dtype="S3"),
}


def test_what_is_written_is_read_to_the_last_bit(tmp_path) -> None:
    path = tmp_path / "one.ground"
    mapped.write(path, ARRAYS, {"tiers": "1.2"})
    arrays, told = mapped.read(path)
    assert told == {"tiers": "1.2"}
    for name, array in ARRAYS.items():
        assert arrays[name].dtype == array.dtype
        assert arrays[name].shape == array.shape
        assert arrays[name].tobytes() == array.tobytes()
    arrays["numbers"][0, 0] = 77  # ours alone
    assert mapped.read(path)[0]["numbers"][0, 0] == 0
    assert path.stat().st_mode & 0o077 == 0, "nobody else may read it"


def test_a_folder_that_others_may_enter_is_shut(tmp_path) -> None:
    folder = tmp_path / "ground" / "place"
    mapped.private(folder)
    assert (folder.stat().st_mode & 0o777, folder.parent.stat().st_mode & 0o777) == (0o700, 0o700)
    folder.chmod(0o755)
    folder.parent.chmod(0o755)  # may hold other things of whoever keeps it
    mapped.private(folder)
    assert (folder.stat().st_mode & 0o777, folder.parent.stat().st_mode & 0o777) == (0o700, 0o755)


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.99, 0.9999])
def test_a_file_cut_short_is_refused(tmp_path, share) -> None:
    path = tmp_path / "one.ground"
    mapped.write(path, ARRAYS, {})
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with pytest.raises(mapped.Unsound):
        mapped.read(path)


def test_any_flipped_byte_is_refused(tmp_path) -> None:
    path = tmp_path / "one.ground"
    mapped.write(path, ARRAYS, {})
    body = path.read_bytes()
    rng = np.random.default_rng(1)
    for at in [*rng.integers(0, len(body), 60).tolist(), len(body) - 1, len(body) - 20]:
        path.write_bytes(body[:at] + bytes([body[at] ^ 0x20]) + body[at + 1 :])
        with pytest.raises(mapped.Unsound):
            mapped.read(path)


def test_a_writer_killed_on_the_way_leaves_the_old_file(tmp_path) -> None:
    path = tmp_path / "one.ground"
    mapped.write(path, ARRAYS, {})
    code = f"""
import numpy as np, os
from pathlib import Path
from grids import mapped
os.fsync = lambda handle: os._exit(9)
mapped.write(Path({str(path)!r}), {{"x": np.zeros(10)}}, {{}})
"""
    ended = subprocess.run([sys.executable, "-c", code], cwd=Path.cwd(), check=False)
    assert ended.returncode == 9
    assert mapped.read(path)[0]["numbers"].shape == (50, 20)


def test_a_full_disk_leaves_nothing_behind(tmp_path, monkeypatch) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        mapped.write(tmp_path / "one.ground", ARRAYS, {})
    assert list(tmp_path.iterdir()) == []


def test_only_the_newest_stay_and_what_is_mapped_lives_on(tmp_path) -> None:
    paths = [tmp_path / f"{n}.ground" for n in range(4)]
    for n, path in enumerate(paths):
        mapped.write(path, ARRAYS, {"n": n})
        os.utime(path, (n, n))
    arrays, _told = mapped.read(paths[0])
    mapped.keep_newest(tmp_path, "*.ground", 2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["2.ground", "3.ground"]
    assert arrays["numbers"].sum() == ARRAYS["numbers"].sum()
