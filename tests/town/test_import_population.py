"""`import_population`: hexagons of a whole city in a county made round them, every resident kept; and bad input."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from gis.catalogue.models import Place
from grids.models import Area, Boundary, Population, PopulationPoint

pytestmark = [pytest.mark.usefixtures("catalogues"), pytest.mark.django_db]
ALL_OF_THEM = 812_935


def run(path, *arguments: str) -> str:
    out = StringIO()
    call_command("import_population", str(path), *arguments, stdout=out)
    return out.getvalue()


def test_the_hexagons_of_a_city_are_kept_to_the_last_resident(shared_data):
    path = shared_data / "population" / "poa_hexgrid.csv"
    words = ("--county-from-hull", "--name", "阿雷格里港", "--name-en", "Porto Alegre")
    assert str(ALL_OF_THEM) in run(path, *words)
    assert not Boundary.objects.exists(), "without --commit nothing is stored, not even the county"
    assert not Population.objects.exists()
    run(path, *words, "--commit")
    now = timezone.now()
    county = Boundary.objects.at(now).of_tier("county").get()
    assert "阿雷格里港" in county.name_zh
    assert Population.objects.below(Area.objects.get(pk=county.area_id), now).residents() == ALL_OF_THEM
    assert PopulationPoint.objects.count() == 1_227
    assert Place.objects.get().provisional
    before = list(Population.objects.values_list("pk", "valid_from"))
    run(path, "--commit")
    assert list(Population.objects.values_list("pk", "valid_from")) == before, "sent twice, stored once"


def test_a_county_smaller_than_the_file_still_counts_everybody_for_the_place(shared_data, tmp_path):
    whole = (shared_data / "population" / "poa_hexgrid.csv").read_text(encoding="utf-8").splitlines()
    part = tmp_path / "part.csv"
    part.write_text("\n".join(whole[:200]) + "\n", encoding="utf-8")
    run(part, "--county-from-hull", "--commit")
    told = run(shared_data / "population" / "poa_hexgrid.csv", "--source", "all", "--commit")
    now = timezone.now()
    county = Boundary.objects.at(now).of_tier("county").get()
    assert Population.objects.at(now).filter(area=county.area_id).residents(), "those outside every area"
    assert Population.objects.below(Area.objects.get(pk=county.area_id), now).residents() == ALL_OF_THEM
    assert f"{ALL_OF_THEM}" in told


def test_lines_that_cannot_be_read_are_listed_and_the_status_says_so(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text("lon,lat,population\n110.3,35.7,12\n110.31,NaN,3\n110.32,35.71,<b>7</b>\n", encoding="utf-8")
    with pytest.raises(CommandError) as caught:
        run(path, "--county-from-hull", "--commit")
    assert caught.value.returncode == 3
    assert Population.objects.residents() == 12


@pytest.mark.parametrize(
    ("content", "arguments"),
    [
        ("", ()), ("code,population\n1,2\n", ()), ("a,b\n1,2\n", ("--county-from-hull",)),
        ("code,population\n1,2\n", ("--county-from-hull",)), ("lon,lat,population\nx,y,1\n", ("--county-from-hull",)),
        ("lon,lat,population\n1,2,3\n", ("--map", "lon")), ("lon,lat,population\n1,2,3\n", ("--since", "never")),
        ("lon,lat,population\n1,2,3\n", ("--tier", "moon", "--county-from-hull")),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_said_and_nothing_is_stored(tmp_path, content, arguments):
    path = tmp_path / "people.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(CommandError):
        run(path, *arguments, "--commit")
    assert not Boundary.objects.exists()
    assert not Population.objects.exists()
    with pytest.raises(CommandError):
        run(tmp_path / "nowhere.csv")
