"""Modules under hashed names: each import is rewritten once, whatever the comments above it say."""

import re

import pytest

from gis.shared.staticfiles import ModuleStorage

MODULE = """// Each app exports from its room.js:
//   export const room = {
//     id: "tickets",
//   };
// what you import comes first
import { room as map,
  other } from "./room_map.js";
import * as dom from '../gis/dom.js';
import "./effects.js";
import RBush from "rbush";
export { request } from "../gis/request.js";
export const words = ["one"];
const editor = () => import("./editor.js");
"""


@pytest.fixture
def rewrite():
    """The module with each address marked as often as a pattern rewrites it."""
    storage = ModuleStorage(location="/nonexistent", base_url="/static/")

    def apply(text: str) -> str:
        for pattern, template in storage._patterns["*.js"]:

            def mark(match: re.Match, template=template) -> str:
                return template % {**match.groupdict(), "url": match["url"].replace(".js", ".hash.js")}

            text = pattern.sub(mark, text)
        return text

    return apply


def test_every_import_is_rewritten_once(rewrite):
    found = rewrite(MODULE)
    addresses = re.findall(r"""["']([^"']*\.js)["']""", found)
    assert addresses == [
        "./room_map.hash.js", "../gis/dom.hash.js", "./effects.hash.js", "../gis/request.hash.js", "./editor.hash.js",
    ]  # fmt: skip


def test_nothing_else_changes(rewrite):
    assert rewrite(MODULE).replace(".hash.js", ".js").replace("'", '"') == MODULE.replace("'", '"')
