"""tipg on the same database, called in this process without a network: ASGI in, bytes out."""

import asyncio
import os
from collections.abc import Mapping
from typing import Any

SCHEMA = "bench_tipg"


class Tipg:
    """The peer: serves views of its own schema as vector tiles, with its limit of features lifted."""

    def __init__(self, database: Mapping[str, Any], *, buffer: int) -> None:
        """Read the catalogue of the schema; `database` as psycopg is told, `buffer` the margin of tiles of 4096."""
        os.environ["TIPG_MAX_FEATURES_PER_TILE"] = "10000000"
        os.environ["TIPG_TILE_BUFFER"] = str(buffer)
        os.environ["TIPG_DB_SCHEMAS"] = f'["{SCHEMA}"]'
        os.environ["TIPG_CATALOG_TTL"] = "1000000"
        from tipg.main import app

        self.app = app
        self.loop = asyncio.new_event_loop()
        self.loop.run_until_complete(self._begin(database))

    async def _begin(self, database: Mapping[str, Any]) -> None:
        from tipg.collections import register_collection_catalog
        from tipg.database import connect_to_db
        from tipg.main import db_settings
        from tipg.settings import PostgresSettings

        user, name = database["user"], database["dbname"]
        settings = PostgresSettings(database_url=f"postgresql://{user}@localhost/{name}")
        where = {
            "password": database.get("password"),
            "host": database.get("host"),
            "port": int(database.get("port", 5432)),
        }
        await connect_to_db(self.app, schemas=[SCHEMA], settings=settings, **where)
        await register_collection_catalog(self.app, db_settings=db_settings)

    def tile(self, view: str, z: int, x: int, y: int) -> bytes:
        """One tile of a view; raises AssertionError on anything but 200 and 204."""
        return self.loop.run_until_complete(
            self._get(f"/collections/{SCHEMA}.{view}/tiles/WebMercatorQuad/{z}/{x}/{y}")
        )

    async def _get(self, path: str) -> bytes:
        told: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            told.append(message)

        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
            "path": path, "raw_path": path.encode(), "root_path": "", "query_string": b"", "headers": [],
            "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
        }  # fmt: skip
        await self.app(scope, receive, send)
        if told[0]["status"] not in {200, 204}:
            raise AssertionError((told[0]["status"], path, told[1].get("body", b"")[:300]))
        return b"".join(message.get("body", b"") for message in told[1:])

    def close(self) -> None:
        """Let its connections go."""
        self.loop.run_until_complete(self.app.state.pool.close())
        self.loop.close()
