"""The last head of each chain, kept outside the database: what is cut off at the end is missed there.

One small file a chain in AUDIT_HEADS, replaced whole; of two writers the later seal stays.
"""

import fcntl
import json
import logging
from dataclasses import asdict, dataclass
from pathlib import Path

from django.conf import settings

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Head:
    """The end of a chain as this machine saw it: seal number and head (hexadecimal)."""

    chain: str
    number: int
    head: str

    def __str__(self) -> str:
        """As it is printed and typed: chain:number:head."""
        return f"{self.chain}:{self.number}:{self.head}"


def from_text(text: str) -> Head:
    """A head as `manage.py audit head` prints it; raises ValueError."""
    chain, number, head = text.strip().split(":")
    return Head(chain, int(number), bytes.fromhex(head).hex())


def folder() -> Path:
    """Where this place's heads lie; made on first use, closed to others."""
    path = Path(settings.AUDIT_HEADS) / settings.PLACE
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def kept() -> list[Head]:
    """All heads known on this machine for this place."""
    paths = sorted(folder().glob("*.json"))
    return [Head(**json.loads(path.read_text(encoding="utf-8"))) for path in paths]


def keep(head: Head) -> None:
    """Remember a head unless a later one is known; trouble with the disk is logged, the write itself is done."""
    try:
        path = folder() / f"{head.chain}.json"
        with (folder() / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if path.exists() and json.loads(path.read_text(encoding="utf-8"))["number"] >= head.number:
                return
            partial = path.with_suffix(".partial")
            partial.write_text(json.dumps(asdict(head)), encoding="utf-8")
            partial.replace(path)
    except OSError:
        logger.exception("the head of the audit chain could not be kept in %s", settings.AUDIT_HEADS)
        return
    logger.info("audit head %s", head)


def forget(chain: str) -> bool:
    """Set a chain's head aside (renamed, not deleted); False when none is known."""
    path = folder() / f"{chain}.json"
    if not path.exists():
        return False
    path.replace(path.with_suffix(".forgotten"))
    return True
