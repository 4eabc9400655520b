"""Whether somebody else's database can hold a place: run inside the virtual environment, as it needs psycopg."""

import sys
from urllib.parse import urlsplit, urlunsplit

import psycopg

EXTENSIONS = ("postgis", "btree_gist", "pg_trgm")


def lacking(url: str) -> list[str]:
    """Extensions the database lacks and we may not create ourselves; raises psycopg.OperationalError when away."""
    left = []
    with psycopg.connect(url, autocommit=True, connect_timeout=10) as connection:
        for name in EXTENSIONS:
            try:
                connection.execute(f"CREATE EXTENSION IF NOT EXISTS {name}".encode())
            except psycopg.Error:
                left.append(name)
    return left


def main(url: str) -> int:
    """Print what an administrator must do; 0 when nothing."""
    parts = urlsplit(url)
    url = urlunsplit(("postgres" if parts.scheme == "postgis" else parts.scheme, *parts[1:]))
    try:
        left = lacking(url)
    except psycopg.Error as error:
        sys.stdout.write(f"DATABASE_URL is set, but that database cannot be reached: {str(error).strip()}\n")
        return 1
    if left:
        statements = "".join(f"    CREATE EXTENSION IF NOT EXISTS {name};\n" for name in left)
        name = parts.path.strip("/") or "(the user's default)"
        sys.stdout.write(
            f"DATABASE_URL is set, and its role may not create these extensions. The administrator of that server\n"
            f"runs, as a superuser in the database {name}:\n{statements}"
        )
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
