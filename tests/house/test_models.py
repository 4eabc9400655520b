"""What lies lower never points up: foreign keys follow the same arrows as imports."""

import tomllib
from pathlib import Path

from django.apps import apps

ROOT = Path(__file__).resolve().parents[2]


def heights() -> dict[str, int]:
    """App module to its height in the import contract: 0 is the ground."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    lines = next(contract["layers"] for contract in contracts if contract["name"].startswith("The house"))
    found = {}
    for height, line in enumerate(reversed(lines)):
        for name in line.split("|"):
            found[name.strip().strip("()")] = height
    return found


def test_foreign_keys_point_down_or_stay():
    height = heights()
    wrong = []
    for model in apps.get_models(include_auto_created=True):
        here = model._meta.app_config.name
        if here not in height:
            continue  # Django's own and libraries'
        for field in model._meta.get_fields():
            target = field.related_model if field.is_relation and not field.auto_created else None
            there = target._meta.app_config.name if target not in (None, "self") else here
            if there in height and there != here and height[there] >= height[here]:
                wrong.append(f"{here}.{model.__name__}.{field.name} points at {there}")
    assert wrong == []


def test_every_own_app_has_a_place_in_the_contract():
    own = {config.name for config in apps.get_app_configs() if (ROOT / config.name.replace(".", "/")).is_dir()}
    assert own - set(heights()) <= {"gis"}
