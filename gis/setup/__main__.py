"""`python3 -m gis.setup COMMAND`: what the Makefile calls."""

import sys

from gis.setup import local, places
from gis.setup.talk import Stop, say


def main(words: list[str]) -> int:
    command, rest = words[0], words[1:]
    try:
        with local.locked():
            if command == "database":
                places.open_database(*rest)
    except Stop as stop:
        say(str(stop))
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
