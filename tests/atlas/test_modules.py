"""The page names all modules of its first look at once; rooms come when they are entered."""

import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

from layers.atlas.modules import IMPORTS, _rooms, first_modules

ROOMS = ("tickets", "grids", "services", "hotspots", "roster", "today", "data")


@pytest.mark.parametrize("room", ["", *ROOMS])
def test_every_module_is_there_and_none_is_left_out(room):
    modules = first_modules(room)
    assert modules[0] == "atlas/map.js"
    assert len(modules) == len(set(modules))
    for module in modules:
        text = Path(finders.find(module)).read_text(encoding="utf-8")
        for name in re.findall(r"""^(?:import|export) [^;=(]*?from ["']([^"'\n]+)["'];""", text, re.MULTILINE):
            assert IMPORTS.get(name) in modules or any(path.endswith(name.split("/")[-1]) for path in modules), name


def test_rooms_are_not_part_of_the_first_look():
    assert not {"tickets/room.js", "grids/room.js", "coverage/room.js", "hotspots/room.js"} & set(first_modules())
    assert len(first_modules()) < 40


@pytest.mark.parametrize("word", ["nothing", "", "../../x", "a" * 5000])
def test_words_that_are_no_rooms_change_nothing(word):
    assert first_modules(word) == first_modules()


def test_a_page_that_opens_in_a_room_names_its_modules_too():
    for room in ROOMS:
        assert len(first_modules(room)) > len(first_modules())


@pytest.mark.django_db
def test_the_page_carries_them(client, catalogues):
    html = client.get("/?room=grids").content.decode()
    assert html.count('rel="modulepreload"') == len(first_modules("grids"))
    assert 'href="/static/grids/room.js"' in html


def test_every_room_of_the_rail_is_known_and_is_called_alike():
    text = Path(finders.find("atlas/rooms.js")).read_text(encoding="utf-8")
    assert set(_rooms()) == set(ROOMS) == set(re.findall(r'later\(\{\s*id: "(\w+)"', text))
    for name, path in _rooms().items():
        room = Path(finders.find(path)).read_text(encoding="utf-8")
        told = re.search(r"export const room = \{.*", room, re.DOTALL).group(0)
        (title,) = re.findall(rf'id: "{name}", title: t\("(\w+)"\)', text)
        assert f'id: "{name}"' in told
        assert f'title: t("{title}")' in told
