"""Every string a person sees exists in Chinese and English, with the same placeholders; so does every catalogue row.

English is the source; Chinese is written by hand in each app's `locale/zh_Hans/LC_MESSAGES`: `django.po` holds the
strings of its Python and templates, `djangojs.po` those of its JavaScript.
"""

import ast
import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parents[2]
TOPS = ("gis", "grids", "layers", "templates")
# Which arguments of a call are message ids.
ARGUMENTS = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop"), (0,)),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (0, 1)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), (1,)),
}
# A JavaScript string in double, single or template quotes, without interpolation.
STRING = r"""("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\$]|\\.)*`)"""
ONE = re.compile(rf"(?<![\w.$])t\(\s*{STRING}")
MANY = re.compile(rf"(?<![\w.$])tn\(\s*{STRING}\s*,\s*{STRING}")
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|\{(\w*)\}|%[sd]")
Found = dict[str, set[str]]


def python_strings(text: str) -> Iterator[str]:
    """Message ids of gettext calls, implicit concatenation included."""
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        for index in ARGUMENTS.get(name, ()):
            if index < len(node.args) and isinstance(node.args[index], ast.Constant):
                value = node.args[index].value
                if isinstance(value, str) and value:
                    yield value


def literal(text: str) -> str:
    """The value of a JavaScript string literal."""
    body = text[1:-1].replace("\\`", "`").replace("\\'", "'")
    return str(ast.literal_eval('"' + body.replace('\\"', '"').replace('"', '\\"').replace("\n", "\\n") + '"'))


def script_strings(text: str) -> Iterator[str]:
    """Message ids of `t("…")` and `tn("…", "…")`."""
    for match in ONE.finditer(text):
        yield literal(match.group(1))
    for match in MANY.finditer(text):
        yield literal(match.group(1))
        yield literal(match.group(2))


def sources(suffix: str) -> Iterator[Path]:
    for top in TOPS:
        for path in (ROOT / top).rglob(f"*{suffix}"):
            if not {"migrations", "setup", "node_modules"} & set(path.relative_to(ROOT).parts):
                yield path


def wanted(domain: str) -> Found:
    """Message id to the files that use it."""
    found: Found = {}
    if domain == "djangojs":
        pairs = [(path, script_strings(path.read_text(encoding="utf-8"))) for path in sources(".js")]
    else:
        pairs = [(path, python_strings(path.read_text(encoding="utf-8"))) for path in sources(".py")]
        pairs += [
            (path, python_strings(as_python(templatize(path.read_text(encoding="utf-8"), origin=str(path)))))
            for path in sources(".html")
        ]
    for path, strings in pairs:
        for string in strings:
            found.setdefault(string, set()).add(str(path.relative_to(ROOT)))
    return found


def as_python(text: str) -> str:
    """Only the gettext calls of a templatized template, which is otherwise no Python."""
    calls = re.findall(r"""(?:n?p?gettext|_)\(\s*u?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*").*?\)""", text, re.DOTALL)
    kept = []
    for call in calls:
        try:
            ast.parse(call)
        except SyntaxError:
            continue
        kept.append(call)
    return "\n".join(kept)


def entries(path: Path, *, context: bool = False) -> Iterator[tuple[list[str], list[str]]]:
    """(message ids, translations) of each entry of a .po file; fuzzy and obsolete ones do not count.

    With `context` the first id stands after its context, if it has one: the same word elsewhere is another word.
    """
    for block in re.split(r"\n\s*\n", path.read_text(encoding="utf-8")):
        lines = [line for line in block.splitlines() if not line.startswith("#~")]
        if any(line.startswith("#,") and "fuzzy" in line for line in lines):
            continue
        fields: dict[str, str] = {}
        name = ""
        for line in lines:
            match = re.match(r'(msgctxt|msgid_plural|msgid|msgstr(?:\[\d\])?)\s+(".*")$', line)
            if match:
                name = match.group(1)
                fields[name] = ast.literal_eval(match.group(2))
            elif line.startswith('"') and name:
                fields[name] += ast.literal_eval(line)
        ids = [fields[key] for key in ("msgid", "msgid_plural") if fields.get(key)]
        if context and "msgctxt" in fields:
            ids[0] = f"{fields['msgctxt']}: {ids[0]}"
        if ids:
            yield ids, [text for key, text in fields.items() if key.startswith("msgstr")]


def translations(domain: str = "*") -> list[Path]:
    """Our hand-written Chinese files."""
    return sorted(path for top in TOPS for path in (ROOT / top).rglob(f"locale/zh_Hans/LC_MESSAGES/{domain}.po"))


def chinese(domain: str) -> dict[str, list[str]]:
    """Message id to its Chinese forms, over all apps, as Django merges them."""
    found: dict[str, list[str]] = {}
    for path in translations(domain):
        for ids, forms in entries(path):
            for message in ids:
                found[message] = forms
    return found


def django_chinese() -> set[str]:
    """What Django and allauth translate themselves."""
    import allauth
    import django

    found: set[str] = set()
    for package in (django, allauth):
        for path in Path(package.__file__).parent.glob("**/locale/zh_Hans/LC_MESSAGES/django.po"):
            found.update(message for ids, _ in entries(path) for message in ids)
    return found


@pytest.mark.parametrize("domain", ["django", "djangojs"])
def test_every_string_has_chinese(domain):
    known = chinese(domain)
    given = django_chinese() if domain == "django" else set()
    missing = {
        message: sorted(files)
        for message, files in wanted(domain).items()
        if not any(known.get(message, [])) and message not in given
    }
    assert missing == {}, "\n" + "\n".join(f"{files[0]}: {message!r}" for message, files in sorted(missing.items()))


@pytest.mark.parametrize("domain", ["django", "djangojs"])
def test_a_string_is_one_thing_in_chinese(domain):
    """All apps share one catalogue: of two Chinese forms of one English string an app would show the other's."""
    told: dict[str, dict[str, str]] = {}
    for path in translations(domain):
        for ids, forms in entries(path, context=True):
            told.setdefault(ids[0], {})[str(path.relative_to(ROOT)).partition("/locale")[0]] = forms[0]
    double = {message: forms for message, forms in told.items() if len(set(forms.values())) > 1}
    assert double == {}, "say it in English as two things, or in Chinese as one"


@pytest.mark.parametrize("path", translations(), ids=lambda path: str(path.relative_to(ROOT)))
def test_placeholders_are_the_same(path):
    """The one Chinese form of a plural has what the English plural has."""
    wrong = [
        f"{ids[-1]!r} → {form!r}"
        for ids, forms in entries(path)
        for form in forms
        if form and set(PLACEHOLDER.findall(form)) != set(PLACEHOLDER.findall(ids[-1]))
    ]
    assert wrong == []


@pytest.mark.parametrize("path", sorted((ROOT / "data" / "catalogues").glob("*.csv")), ids=lambda path: path.stem)
def test_every_catalogue_row_has_both_names(path):
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows, f"{path.name} has no rows"
    missing = [
        (row["code"], field)
        for row in rows
        for field, text in row.items()
        if field.endswith(("_zh", "_en")) and not (text or "").strip()
    ]
    assert missing == []
    assert len({row["code"] for row in rows}) == len(rows)


def test_the_finder_finds():
    """The test of the test: each way of writing a string is seen."""
    python = "_('a' 'b'); gettext_lazy('c'); ngettext('d', 'e', n); self.t; _(name)"
    assert list(python_strings(python)) == ["ab", "c", "d", "e"]
    script = "t(\"f\"); at(\"no\"); x.t('no'); t(`g \\\"h\\\"`); tn(\"{n} i\", '{n} j', 2); t(\n  'k')"
    assert sorted(script_strings(script)) == ["f", 'g "h"', "k", "{n} i", "{n} j"]
    template = "{% load i18n %}{% translate 'l' %}{% blocktranslate with m=n %}o {{ m }}{% endblocktranslate %}"
    assert list(python_strings(as_python(templatize(template)))) == ["l", "o %(m)s"]
