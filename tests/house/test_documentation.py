"""What exists is named in the docs: settings, commands, targets of make, layers; and what the docs name exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCS = {path: path.read_text(encoding="utf-8") for path in [ROOT / "README.md", *(ROOT / "docs").glob("**/*.md")]}
OURS = ("gis", "grids", "layers")


def commands() -> set[str]:
    found = {path.stem for top in OURS for path in (ROOT / top).glob("**/management/commands/*.py")}
    return found - {"__init__"}


def test_every_setting_is_named():
    used = set()
    for path in [ROOT / "gis" / "settings.py", ROOT / "gis" / "environment.py"]:
        used |= set(re.findall(r"""(?:env|self)\.(?:text|flag|number|words)\("([A-Z_]+)\"""", path.read_text("utf-8")))
    assert used
    named = set(re.findall(r"^\| `([A-Z_]+)`", DOCS[ROOT / "docs" / "settings.md"], re.MULTILINE))
    assert used - named == set()


def test_every_command_is_named():
    named = set(re.findall(r"^\| `(\w+)", DOCS[ROOT / "docs" / "commands.md"], re.MULTILINE))
    assert commands() - named == set()
    assert named - commands() == set()


def test_every_layer_is_named():
    from layers.atlas.registry import LAYERS

    text = DOCS[ROOT / "docs" / "layers.md"]
    assert {layer.name for layer in LAYERS} - set(re.findall(r"^\| `([\w-]+)`", text, re.MULTILINE)) == set()


def test_targets_in_the_docs_exist_and_are_named():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    named = {word for text in DOCS.values() for word in re.findall(r"`make ([a-z]+)", text)}
    assert named - targets == {"peers"} & named
    assert targets - named == set()


def test_decision_records_are_short_and_numbered():
    records = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
    assert [path.name[:4] for path in records] == [f"{number:04d}" for number in range(1, len(records) + 1)]
    assert {path.name: len(path.read_text("utf-8").splitlines()) for path in records if too_long(path)} == {}


def too_long(path: Path) -> bool:
    return len(path.read_text(encoding="utf-8").splitlines()) > 60


@pytest.mark.parametrize("path", DOCS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_to_files_lead_somewhere(path):
    targets = re.findall(r"\]\((?!https?://|#|mailto:)([^)#\s]+)", DOCS[path])
    assert [target for target in targets if not (path.parent / target).exists()] == []
