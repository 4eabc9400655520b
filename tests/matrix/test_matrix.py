"""Role × place × door: who may pass which door, and that nothing planted is found behind any of them."""

import io
import json
import re
import uuid
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.urls import get_resolver

from tests.matrix.doors import DOORS, EACH_LAYER, FILL, LAYERS, MISSING, PUBLIC, SIGNED_IN, Door, doors
from tests.matrix.world import ACCOUNT_SIGN, CALLER_SIGNS, Asker, World, make_world, readers

REFUSALS = {401, 403, 404, 405, 409}
HANDFUL = {"visitor", "nobody", "ended", "chief@compound", "worker@west", "administrator@county"}
pytestmark = pytest.mark.xdist_group("matrix")


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker) -> Iterator[World]:
    """Made once for all doors; every request that writes is undone."""
    from django.test import override_settings

    plain = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    with django_db_blocker.unblock(), override_settings(STORAGES=plain), transaction.atomic():
        made = make_world()
        for asker in made.askers:
            made.client(asker)
        yield made
        transaction.set_rollback(True)


def routes() -> Iterator[tuple[str, str]]:
    """(method, address) of everything the site answers; "*" where the view itself decides on the method."""
    from gis.api import api

    named = re.compile(r"[<{](?:\w+:)?(\w+)[>}]")
    seen = set()
    for prefix, router in api._routers:
        for path, view in router.path_operations.items():
            address = "/api" + named.sub(r"{\1}", f"{prefix}{path}")
            seen.add(address)
            for operation in view.operations:
                for method in operation.methods:
                    yield method, address

    def walk(patterns: Any, prefix: str) -> Iterator[tuple[str, str]]:
        for pattern in patterns:
            here = prefix + str(pattern.pattern)
            if hasattr(pattern, "url_patterns"):
                yield from walk(pattern.url_patterns, here)
            elif (address := "/" + named.sub(r"{\1}", here)) not in seen:
                yield "*", address

    yield from walk(get_resolver().url_patterns, "")


def test_every_address_has_a_row() -> None:
    """Add a row to tests/matrix/doors.py for each address named here."""
    rows = {(row.method, row.route) for row in (*DOORS, *EACH_LAYER)}
    known = {route for _method, route in rows}
    missing = [
        f"{method} {address}"
        for method, address in routes()
        if ((method, address) not in rows if method != "*" else address not in known)
    ]
    assert missing == [], "doors without a row in tests/matrix/doors.py"


def test_every_row_is_an_address() -> None:
    there = set(routes())
    addresses = {address for method, address in there if method == "*"}
    gone = [str(row) for row in (*DOORS, *EACH_LAYER) if (row.method, row.route) not in there | {
        (row.method, address) for address in addresses
    }]  # fmt: skip
    assert gone == []


def test_every_layer_has_a_row() -> None:
    from layers.atlas.registry import LAYERS as REGISTERED
    from layers.atlas.registry import groups

    assert {layer.name for layer in REGISTERED} | set(groups()) == set(LAYERS)


def test_every_need_is_a_verb_that_somebody_has() -> None:
    from grids.permissions import VERBS_OF_ROLE

    verbs = frozenset().union(*VERBS_OF_ROLE.values()) | {PUBLIC, SIGNED_IN}
    assert {row.needs for row in doors()} - verbs == set()


def filled(thing: Any, ids: dict[str, Any]) -> Any:
    """A value with the names in braces replaced: a whole "{name}" by the value itself."""
    if isinstance(thing, str):
        if (whole := re.fullmatch(r"\{(\w+)\}", thing)) and whole.group(1) in ids:
            return ids[whole.group(1)]
        return re.sub(r"\{(\w+)\}", lambda match: str(ids.get(match.group(1), match.group(0))), thing)
    if isinstance(thing, dict):
        return {key: filled(value, ids) for key, value in thing.items()}
    return [filled(value, ids) for value in thing] if isinstance(thing, list) else thing


def knock(world: World, asker: Asker, door: Door) -> Any:
    """Try a door as an asker; whatever it wrote is undone."""
    address = filled(filled(door.route, {**FILL, **door.fill}), world.ids)
    if door.query:
        address += "?" + filled(door.query, world.ids)
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    if door.version is not None:
        headers["If-Match"] = f'"{door.version}"'
    data = {}
    if door.body is not None:
        body = json.dumps(filled(door.body, world.ids), default=str)
        data = {"data": body, "content_type": "application/json"}
    client = world.client(asker)
    cookies = dict(client.cookies)
    with transaction.atomic():
        response = client.generic(door.method, address, headers=headers, **data)
        response.found = plain(response)
        transaction.set_rollback(True)
    client.cookies.clear()
    client.cookies.update(cookies)
    return response


def plain(response: Any) -> bytes:
    """The answer's bytes; of an archive all that is in it."""
    content: bytes = b"".join(response.streaming_content) if response.streaming else response.content
    if content[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return b"\n".join(archive.read(name) for name in archive.namelist())
    return content


def expected(asker: Asker, door: Door) -> int | None:
    """The status that a refused asker gets; None for who may pass."""
    from grids.permissions import VERBS_OF_ROLE

    if door.needs == PUBLIC:
        return None
    if asker.account is None:
        return door.visitor
    if door.needs == SIGNED_IN:
        return None
    verbs = VERBS_OF_ROLE[asker.role] if asker.role else frozenset()
    if door.known_by and door.known_by not in verbs:
        return door.without
    if door.known_by and not asker.inside:
        return MISSING
    if door.needs not in verbs:
        return door.without
    if asker.inside:
        return None
    return door.outside if door.outside >= 300 else None


def who_try(door: Door, world: World) -> list[Asker]:
    """All askers; where nothing is needed those that differ; of doors that stand once a layer, fewer."""
    free = door.needs in (PUBLIC, SIGNED_IN)
    if "{name}" in door.route:
        beside = () if free else (None, "compound", "west")
        return [asker for asker in world.askers if asker.name in HANDFUL or asker.place in beside]
    if not free:
        return world.askers
    return [asker for asker in world.askers if asker.typical]


@pytest.mark.parametrize("door", doors(), ids=str)
def test_who_may_pass(door: Door, world: World) -> None:
    wrong = []
    for asker in who_try(door, world):
        response = knock(world, asker, door)
        status, wanted = response.status_code, expected(asker, door)
        passed = status < 500 and (status not in REFUSALS or status in door.passes)
        if (not passed) if wanted is None else status != wanted:
            wrong.append(f"{asker.name}: {status} instead of {wanted or 'passing'} {response.found[:120]!r}")
        for sign, may_read in readers(asker).items():
            if re.search(sign, response.found) and not may_read:
                wrong.append(f"{asker.name}: finds {sign} in an answer {status}")
        if not (door.names_the_caller and wanted is None):
            told = response.found + str(response.headers).encode()
            found = [sign for sign in CALLER_SIGNS if re.search(sign, told)]
            wrong += [f"{asker.name}: finds {sign!r} in an answer {status}" for sign in found]
        elif not all(re.search(sign, response.found) for sign in CALLER_SIGNS):
            wrong.append(f"{asker.name}: does not find the caller, and may")
        if asker.account is None and ACCOUNT_SIGN.encode() in response.found:
            wrong.append(f"{asker.name}: finds a user name")
    assert not wrong, "\n".join([f"{len(wrong)} askers", *wrong[:8]])
