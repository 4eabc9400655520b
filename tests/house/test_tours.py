"""The guided tours say what the screen says: what stands in bold in them is a word of the page, in its language."""

import csv
import re
from pathlib import Path

import pytest

from .test_translations import ROOT, entries, translations

TOURS = sorted((ROOT / "docs" / "tours").glob("*.md"))
BOLD = re.compile(r"\*\*(.+?)\*\*")
CHINESE = "## 中文"
FILLED = re.compile(r"%\(\w+\)[sd]|\{\w*\}")


def forms(*, chinese: bool) -> list[re.Pattern[str]]:
    """Every string of the pages in one language, what is filled in standing for anything."""
    told: set[str] = set()
    for path in translations():
        for ids, chinese_forms in entries(path):
            told.update(chinese_forms if chinese else ids)
    for path in (ROOT / "data" / "catalogues").glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            told.update(row["name_zh" if chinese else "name_en"] for row in csv.DictReader(file) if "name_zh" in row)
    plain = {text for text in told if text and not re.search(r"%\(|\{", text)}
    least = 2 if chinese else 5  # letters of its own, or it would fit everything
    filled = [text for text in told - plain - {""} if len(re.findall(r"[^\W\d_]", FILLED.sub("", text))) >= least]
    return [
        re.compile("|".join(map(re.escape, sorted(plain, key=len, reverse=True)))),
        *(re.compile(".{1,40}".join(map(re.escape, FILLED.split(text)))) for text in filled),
    ]


@pytest.fixture(scope="module")
def known() -> dict[bool, list[re.Pattern[str]]]:
    return {chinese: forms(chinese=chinese) for chinese in (False, True)}


def halves(path: Path) -> tuple[str, str]:
    """The English and the Chinese half of a tour."""
    english, mark, chinese = path.read_text(encoding="utf-8").partition(CHINESE)
    assert mark, "a tour is told in Chinese, too"
    return english, chinese


def steps(text: str) -> int:
    return len(re.findall(r"^\d+\. ", text, re.MULTILINE))


@pytest.mark.parametrize("path", TOURS, ids=lambda path: path.stem)
def test_what_is_bold_stands_on_the_screen(path, known):
    for chinese, text in enumerate(halves(path)):
        unknown = [
            word for word in BOLD.findall(text) if not any(form.fullmatch(word) for form in known[bool(chinese)])
        ]
        assert unknown == [], "these words are nowhere on the page"


@pytest.mark.parametrize("path", TOURS, ids=lambda path: path.stem)
def test_both_languages_take_the_same_steps(path):
    english, chinese = halves(path)
    assert steps(english) == steps(chinese)
    if path.stem != "README":
        assert steps(english) >= 4
