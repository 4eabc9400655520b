"""The clone's own files: settings that only this clone knows, and stamps of work already done."""

import base64
import fcntl
import hashlib
import json
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from gis.setup import paths
from gis.setup.talk import Stop, say


def open_folder() -> None:
    """Make `.local`, closed to others; raises Stop when it belongs to somebody else or to another clone."""
    if paths.LOCAL.is_symlink():
        raise Stop(
            f"{paths.LOCAL} is a link: set-up would write over the database and the keys of the clone it leads to.\n"
            "Remove the link and run the same command again; this clone then gets its own."
        )
    try:
        paths.LOCAL.mkdir(mode=0o700, exist_ok=True)
        paths.LOCAL.chmod(0o700)
    except PermissionError as error:
        raise Stop(
            f"{paths.LOCAL} belongs to another account: this clone was set up by somebody else (root?).\n"
            "Use a clone of your own, or run the same command as that account."
        ) from error
    if not os.access(paths.ROOT, os.W_OK):
        raise Stop(f"This account may not write in {paths.ROOT}. Use a clone of your own.")


@contextmanager
def locked() -> Iterator[None]:
    """Let one set-up of this clone work at a time; a second one waits and says so."""
    open_folder()
    with (paths.LOCAL / "lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Waiting for another set-up of this clone to finish …")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def settings() -> dict[str, str]:
    """The KEY=VALUE lines of `.local/settings.env`."""
    try:
        lines = paths.SETTINGS.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


def keep_settings(**values: str) -> None:
    """Add settings to the file (mode 0600), whole or not at all; secret keys are made once."""
    known = settings()
    known.setdefault("SECRET_KEY", secrets.token_urlsafe(50))
    known.setdefault("AUDIT_KEY", secrets.token_urlsafe(50))
    known.setdefault("FIELD_KEYS", "k1:aes:" + base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())
    known.setdefault("HASH_KEY", secrets.token_urlsafe(50))
    known.update(values)
    body = "".join(f"{key}={value}\n" for key, value in sorted(known.items()))
    text = f"# Made by set-up; only this clone's owner may read it.\n{body}"
    if not paths.SETTINGS.exists() or paths.SETTINGS.read_text(encoding="utf-8") != text:
        write_whole(paths.SETTINGS, text)


def write_whole(path: Path, text: str) -> None:
    """Replace a file in one step (mode 0600), so that an interruption leaves the old one or the new one."""
    partial = path.with_name(path.name + ".partial")
    partial.touch(mode=0o600)
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)


def set_aside(path: Path) -> None:
    """Rename a folder that no longer means anything, keeping what is in it; nothing happens when it is not there."""
    if path.exists():
        number = 1
        while (other := path.with_name(f"{path.name}.before-{number}")).exists():
            number += 1
        path.rename(other)


def fingerprint(files: Iterable[Path], *words: str) -> str:
    """A hash of the files' names and contents and of some words: the same inputs, the same hash."""
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(str(path.relative_to(paths.ROOT)).encode() + b"\0" + path.read_bytes() + b"\0")
    for word in words:
        digest.update(word.encode() + b"\0")
    return digest.hexdigest()


def stamps() -> dict[str, str]:
    """What has been done already: step to fingerprint of its inputs."""
    try:
        found: dict[str, str] = json.loads(paths.STAMPS.read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return {}
    return found


def is_done(step: str, inputs: str) -> bool:
    """Whether a step was finished with these inputs."""
    return stamps().get(step) == inputs


def mark_done(step: str, inputs: str) -> None:
    """Write down that a step is finished; only ever called after it is."""
    write_whole(paths.STAMPS, json.dumps({**stamps(), step: inputs}, indent=1))


def forget(prefix: str) -> None:
    """Forget all steps whose name begins so (a database that no longer exists has nothing done in it)."""
    write_whole(paths.STAMPS, json.dumps({k: v for k, v in stamps().items() if not k.startswith(prefix)}, indent=1))
