"""Gi*, p-values and FDR: published values, an independent implementation, laws that must hold."""

import csv
import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from layers.hotspots import laws
from layers.hotspots.laws import drawn_p, lone_spikes, normal_p, permutation_p, poisson_p, skewed_p, uneven_p
from layers.hotspots.neighbours import from_pairs, nearest, within
from layers.hotspots.statistics import COLD_99, FEW, HOT_99, NONE, Neighbourhoods, analyse, fdr_cutoffs, gi, gi_star

GO = [f"hotspots/{name}" for name in ("getisord_go_xyz.csv", "getisord_expected.csv")]


def lattice(side: int) -> tuple[np.ndarray, Neighbourhoods]:
    """side x side points 1 m apart and their queen neighbours."""
    xy = np.array([(x, y) for y in range(side) for x in range(side)], dtype=float)
    return xy, within(xy, 1.5)


def test_the_values_getis_and_ord_published_come_out(shared_data: Path) -> None:
    """Cell (210, 210) of their 16 x 16 example, all distances, Gi and both standardisations of Gi*."""
    rows = np.genfromtxt(shared_data / GO[0], delimiter=",", skip_header=1)
    at = int(np.flatnonzero((rows[:, 0] == 210) & (rows[:, 1] == 210))[0])
    checked = 0
    with (shared_data / GO[1]).open() as file:
        for row in csv.DictReader(file):
            near = within(rows[:, :2], float(row["distance"]))
            if row["statistic"] == "Gi":
                found = gi(rows[:, 2], near)[at]
            else:
                found = gi_star(rows[:, 2], near)[at]
                if "n-1" in row["statistic"]:
                    found *= np.sqrt((len(rows) - 1) / len(rows))
            assert found == pytest.approx(float(row["value"]), abs=1e-5), row
            checked += 1
    assert checked >= 7


def test_a_hand_made_case_follows_the_formula() -> None:
    """Five cells in a row, worked out by hand: mean 2, variance 2.8."""
    near = from_pairs(np.array([0, 1, 1, 2, 2, 3, 3, 4]), np.array([1, 0, 2, 1, 3, 2, 4, 3]), 5)
    values = np.array([0.0, 1.0, 4.0, 4.0, 1.0])
    z = gi_star(values, near)
    # cell 3 with 2 and 4: sum 9, three cells, spread sqrt(2.8) * sqrt((5 * 3 - 9) / 4)
    assert z[3] == pytest.approx((9 - 6) / (2.8**0.5 * 1.5**0.5))
    assert z[0] == pytest.approx((1 - 4) / (2.8**0.5 * 1.5**0.5))
    # Gi of cell 0: the others' mean 2.5, variance 2.25, one neighbour among four
    assert gi(values, near)[0] == pytest.approx((1 - 2.5) / (2.25 * (4 * 1 - 1) / 3) ** 0.5)


ESDA = Path(__file__).with_name("esda.csv")
"""144 points with six neighbours each, a count and a real number, and what esda 2.9.0 (libpysal 4.14.1) finds for them:
z of Gi* and Gi of both, G_Local(values, W(neighbours), transform="B", star=…, permutations=0).Zs, to 17 digits. Whoever
has esda installed proves the file by the test after the next."""


def kept_of_esda() -> tuple[Neighbourhoods, dict[str, np.ndarray]]:
    """Who is whose neighbour, and the columns of the file."""
    with ESDA.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    lists = [[int(one) for one in row.pop("neighbours").split()] for row in rows]
    one = np.repeat(np.arange(len(rows)), [len(each) for each in lists])
    near = from_pairs(one, np.concatenate(lists), len(rows))
    return near, {name: np.array([float(row[name]) for row in rows]) for name in rows[0]}


@pytest.mark.parametrize("values", ["count", "real"])
def test_what_esda_finds_comes_out(values: str) -> None:
    near, kept = kept_of_esda()
    assert len(near) == 144
    assert (near.sizes == 6).all()
    assert np.abs(gi_star(kept[values], near) - kept[f"{values}_gi_star"]).max() < 1e-9
    assert np.abs(gi(kept[values], near) - kept[f"{values}_gi"]).max() < 1e-9


def test_esda_itself_finds_what_is_kept_of_it() -> None:
    esda = pytest.importorskip("esda", reason="benchmark peers are not installed")
    weights = pytest.importorskip("libpysal").weights.W
    near, kept = kept_of_esda()
    lists = {i: near.cells[near.first[i] : near.first[i + 1]].tolist() for i in range(len(near))}
    w = weights(lists, silence_warnings=True)
    for values in ("count", "real"):
        for star in (True, False):
            theirs = esda.G_Local(kept[values], w, transform="B", star=star, permutations=0)
            assert np.abs(theirs.Zs - kept[f"{values}_gi{'_star' if star else ''}"]).max() < 1e-12
            ours = gi_star(kept[values], near) if star else gi(kept[values], near)
            assert np.abs(normal_p(ours) / 2 - theirs.p_norm).max() < 1e-9  # theirs is one-sided


counts = st.lists(st.integers(0, 30), min_size=36, max_size=36).map(lambda x: np.array(x, dtype=float))


@settings(max_examples=40, deadline=None)
@given(counts, st.integers(1, 9), st.integers(0, 50), st.permutations(range(36)))
def test_scale_shift_and_order_do_not_matter(values: np.ndarray, scale: int, shift: int, order: list[int]) -> None:
    _, near = lattice(6)
    z = gi_star(values, near)
    assert np.allclose(gi_star(values * scale + shift, near), z, atol=1e-7)
    assert np.allclose(gi_star(-values, near), -z, atol=1e-9)
    xy = lattice(6)[0][order]
    assert np.allclose(gi_star(values[order], within(xy, 1.5)), z[order], atol=1e-9)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0, 1, allow_nan=False), min_size=1, max_size=200))
def test_fdr_is_benjamini_and_hochbergs(p: list[float]) -> None:
    """The adjusted p-values of scipy pass at exactly the same places."""
    values = np.array(p)
    adjusted = stats.false_discovery_control(values, method="bh")
    for alpha, cutoff in zip((0.01, 0.05, 0.10), fdr_cutoffs(values), strict=True):
        passing = values <= (-1 if cutoff is None else cutoff)
        certain = np.abs(adjusted - alpha) > 1e-12
        assert (passing == (adjusted <= alpha))[certain].all()


def test_the_permutation_distribution_is_that_of_all_permutations() -> None:
    values = np.array([0.0, 0, 1, 0, 3, 1, 0, 2])
    near = from_pairs(np.array([0, 0, 1, 1, 2]), np.array([1, 2, 0, 2, 5]), 8)
    sums = near.sums(values, own=True)
    found = permutation_p(values, near, sums)
    for cell in range(8):
        drawn = [sum(pick) for pick in itertools.combinations(values, int(near.sizes[cell]) + 1)]
        lower, upper = np.mean(np.array(drawn) <= sums[cell]), np.mean(np.array(drawn) >= sums[cell])
        assert found[cell] == pytest.approx(min(1, 2 * min(lower, upper)))


def test_where_all_permutations_would_cost_too_much_places_are_drawn_by_a_seed() -> None:
    xy, _ = lattice(40)
    values = np.random.default_rng(1).integers(0, 100_000, len(xy)).astype(float)
    near = nearest(xy, 12)
    assert permutation_p(values, near, near.sums(values, own=True)) is None
    assert analyse(values, near).p_values == "skewed", "by the rule: sums of uniform numbers are symmetric"
    assert analyse(values**3, near).p_values == "drawn"
    found = analyse(values, near, p_values="permutation", seed=5)
    assert found.p_values == "drawn"
    assert (found.p > 0).all()
    assert (found.p == analyse(values, near, p_values="drawn", seed=5).p).all(), "the same seed, the same answer"
    assert (found.p != analyse(values, near, p_values="drawn", seed=6).p).any()


def test_draws_and_the_skewed_curve_come_near_the_exact_permutation_distribution() -> None:
    """On 20 x 20 counts of mean 2; the normal approximation is farther off, and on the side of too many."""
    _, near = lattice(20)
    values = np.random.default_rng(3).poisson(2, 400).astype(float)
    sums = near.sums(values, own=True)
    exact = permutation_p(values, near, sums)
    drawn, skewed = drawn_p(values, near, sums, seed=1), skewed_p(values, near, sums)
    hot = (sums > (near.sizes + 1) * values.mean()) & (exact < 0.05)
    assert hot.sum() > 5
    assert np.abs(np.log(drawn / exact)).max() < 0.2
    assert np.abs(np.log(skewed / exact))[hot].max() < 0.7
    normal = normal_p(gi_star(values, near))
    assert np.log(normal / exact)[hot].mean() < -0.3 < np.log(skewed / exact)[hot].mean()


def test_one_draw_serves_neighbourhoods_of_all_sizes_where_there_are_many(monkeypatch) -> None:
    """Each size drawn by itself took minutes of 2,000 cells whose neighbourhoods all differ."""
    dice = np.random.default_rng(3)
    near = within(dice.uniform(0, 1000, (90, 2)), 260)
    values = dice.poisson(2, 90).astype(float)
    sums = near.sums(values, own=True)
    exact = permutation_p(values, near, sums)
    monkeypatch.setattr(laws, "MOST_APART", 0)
    monkeypatch.setattr(laws, "SIZES_AT_ONCE", 7)
    drawn = drawn_p(values, near, sums, seed=1)
    assert len(np.unique(near.sizes)) > 14
    likely = exact > 0.01
    assert np.abs(np.log(drawn / exact))[likely].max() < 0.15
    assert (drawn == drawn_p(values, near, sums, seed=1)).all()
    assert drawn.min() >= 2 / (laws.LEAST_DRAWS + 1)


def test_everything_in_one_neighbourhood_cannot_vary() -> None:
    everyone = from_pairs(*np.nonzero(~np.eye(6, dtype=bool)), 6)
    values = np.array([1.0, 2, 3, 4, 5, 6])
    for law in ("skewed", "permutation", "drawn", "normal"):
        assert (analyse(values, everyone, p_values=law).classes == NONE).all(), law


def test_poisson_tails() -> None:
    seen, expected = np.array([0.0, 3, 12, 5]), np.array([4.0, 4, 4, 0.5])
    lower, upper = stats.poisson.cdf(seen, expected), stats.poisson.sf(seen - 1, expected)
    assert np.allclose(poisson_p(seen, expected), np.minimum(1, 2 * np.minimum(lower, upper)))


def planted(mean: float, factor: float, side: int = 60) -> tuple[np.ndarray, Neighbourhoods, np.ndarray]:
    """Counts on a lattice with a cluster of 7 x 7 cells in the middle, and which cells those are."""
    xy, near = lattice(side)
    cluster = (np.abs(xy - side // 2) <= 3).all(axis=1)
    rng = np.random.default_rng(7)
    return rng.poisson(np.where(cluster, mean * factor, mean)).astype(float), near, cluster


@pytest.mark.parametrize(
    ("mean", "factor", "asked", "source"),
    [
        (4.0, 4.0, None, "permutation"),
        (4.0, 4.0, "skewed", "skewed"),
        (4.0, 4.0, "normal", "normal"),
        (0.3, 12.0, None, "permutation"),
        (0.3, 12.0, "uneven", "uneven"),
        (0.3, 12.0, "drawn", "drawn"),
    ],
)
def test_a_planted_cluster_is_found_and_little_else(mean: float, factor: float, asked, source: str) -> None:
    values, near, cluster = planted(mean, factor)
    found = analyse(values, near, p_values=asked)
    assert found.p_values == source
    hot = np.isin(found.classes, [1, 2, 3])
    assert hot[cluster].mean() > 0.9
    beside = near.sums(cluster.astype(float), own=True) > 0
    assert hot[~beside].mean() < 0.01
    assert found.after < found.before
    assert found.cutoffs[1] < 0.05
    assert (found.p[cluster] <= found.cutoffs[1]).mean() > 0.9, "at a false discovery rate of 5 %"


def test_pure_chance_gives_hot_cells_without_the_correction_and_none_with_it() -> None:
    xy, near = lattice(60)
    values = np.random.default_rng(11).poisson(5, len(xy)).astype(float)
    found = analyse(values, near)
    assert 100 < found.before < 300
    assert found.after <= 2


def test_over_a_thousand_maps_of_pure_chance_false_discoveries_stay_below_the_level() -> None:
    """Where nothing is special every discovery is false: one map in twenty may have any, by the rule's own law."""
    _, near = lattice(20)
    means, maps = (0.1, 0.4, 0.9, 1.0, 5.0), 200
    with_any = {}
    for mean in means:
        found = [analyse(np.random.default_rng(seed).poisson(mean, 400).astype(float), near) for seed in range(maps)]
        with_any[mean] = sum(one.after > 0 for one in found)
    assert sum(with_any.values()) <= 0.05 * maps * len(means), with_any
    assert max(with_any.values()) <= 0.1 * maps, with_any
    skewed = [
        analyse(np.random.default_rng(seed).poisson(20, 400).astype(float), near, p_values="skewed")
        for seed in range(100)
    ]
    assert sum(one.after > 0 for one in skewed) <= 10


def test_uneven_cells_are_no_hotspots_but_spikes_are() -> None:
    """Blocks and fields: Poisson's law calls half the map hot or cold, permutation hides a spike behind itself."""
    _, near = lattice(60)
    rng = np.random.default_rng(8)
    values = rng.poisson(rng.gamma(0.3, 0.8 / 0.3, 3600)).astype(float)
    assert analyse(values, near, p_values="poisson").after > 200
    assert analyse(values, near, p_values="uneven").after <= 5
    values[[500, 1830, 3100]] = 60
    spiked = analyse(values, near)
    assert lone_spikes(values, near, near.sums(values, own=True)) >= 3
    assert spiked.p_values == "uneven", "the rule does not let a spike excuse itself"
    assert (spiked.classes[[500, 1830, 3100]] == HOT_99).all()
    assert analyse(values, near, p_values="permutation").classes[1830] == NONE


def test_the_law_of_uneven_cells_is_the_negative_binomial() -> None:
    _, near = lattice(8)
    values = np.zeros(64)
    values[:16] = [1, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5, 1, 1, 2, 1, 6]
    sums = near.sums(values, own=True)
    found, source = uneven_p(values, near, sums)
    assert source == "uneven"
    mean, empty = values.mean(), 0.75
    shape = np.linspace(0.01, 5, 400_000)
    shape = shape[np.abs((1 + mean / shape) ** -shape - empty).argmin()]
    law = stats.nbinom((near.sizes + 1) * shape, shape / (shape + mean))
    expected = np.minimum(1, 2 * np.minimum(law.cdf(sums), law.sf(sums - 1)))
    assert np.allclose(found, expected, rtol=1e-3)


def test_a_cluster_is_no_lone_spike() -> None:
    values, near, _cluster = planted(0.3, 20.0)
    assert lone_spikes(values, near, near.sums(values, own=True)) == 0
    assert laws.uneven_shape(values) is not None


def test_residents_explain_what_they_explain() -> None:
    """Twice the people and twice the tickets is no hotspot; four times the tickets is."""
    xy, near = lattice(30)
    town = (np.abs(xy - 15) <= 4).all(axis=1)
    residents = np.where(town, 400.0, 100.0)
    rng = np.random.default_rng(5)
    tickets = rng.poisson(residents * 0.05).astype(float)
    assert analyse(tickets, near).after > 50
    assert analyse(tickets, near, base=residents).after <= 2
    worse = town & (np.abs(xy - 13) <= 1).all(axis=1)
    found = analyse(np.where(worse, tickets * 4, tickets), near, base=residents)
    assert found.p_values == "poisson"
    assert (found.classes[worse] == HOT_99).all()


def test_too_few_is_said_and_not_guessed() -> None:
    _, near = lattice(30)
    values = np.zeros(900)
    values[[31, 32, 33, 700]] = 1
    found = analyse(values, near)
    assert (found.classes == FEW).all(), "a neighbourhood of three events says nothing, however rare events are"
    values[np.random.default_rng(3).choice(900, 60, replace=False)] = 1
    values[[434, 435, 436, 465, 405]] = 4
    found = analyse(values, near)
    assert found.p_values == "permutation"
    assert found.classes[435] == HOT_99
    assert FEW in found.classes


def test_nothing_varies_nothing_is_found() -> None:
    _, near = lattice(5)
    for values in (np.zeros(25), np.full(25, 7.0)):
        found = analyse(values, near)
        assert (found.z == 0).all()
        assert (found.after, found.before, found.cutoffs) == (0, 0, (None, None, None))
        assert set(found.classes.tolist()) <= {NONE, FEW}
    alone = Neighbourhoods(np.zeros(2, dtype=np.int64), np.zeros(0, dtype=np.int32))
    assert analyse(np.array([9.0]), alone).classes.tolist() == [NONE]
    assert len(analyse(np.zeros(0), Neighbourhoods(np.zeros(1, dtype=np.int64), alone.cells)).z) == 0


def test_cold_is_cold() -> None:
    values, near, cluster = planted(20.0, 0.2)
    assert (analyse(values, near).classes[cluster] == COLD_99).mean() > 0.9


@pytest.mark.parametrize("bad", [[-1.0, 2], [0.5, 1], [np.nan, 1], [1.0], [np.inf, 0]])
def test_what_is_no_count_is_refused(bad: list[float]) -> None:
    near = from_pairs(np.array([0]), np.array([1]), 2)
    with pytest.raises(ValueError, match="count"):
        analyse(np.array(bad), near)
    with pytest.raises(ValueError, match="residents"):
        analyse(np.array([1.0, 2]), near, base=np.array([np.nan, 1]))
