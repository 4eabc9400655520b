"""A place's own database: made empty, brought up to date, filled once."""

from gis.setup import cluster, local
from gis.setup.talk import say


def open_database(place: str) -> None:
    name = f"wangge_{place}"
    if cluster.make_database(cluster.up(), name):
        local.forget(f"{name}:")
        say(f"Made the database {name}")
