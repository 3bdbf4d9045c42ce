"""Metrics of several heads and of Cherenkov telescopes, against pyirf, astropy and values worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evonas.errors import ConfigError, DataError
from evonas.training.ctlearn.tasks import CAMERA_DIRECTION, ENERGY, SKY_DIRECTION, TYPE
from evonas.training.heads import Head, Scored, classifier, regressor
from evonas.training.metrics import (
    METRICS,
    MetricSettings,
    always,
    auc,
    bootstrap_error,
    bootstrap_errors,
    check_metrics,
    check_objectives,
    compute,
    defaults,
    signal_efficiency,
)
from evonas.training.metrics.bins import bin_numbers, edges
from evonas.training.metrics.bootstrap import draws
from evonas.training.metrics.direction import camera_angles, separation

ALL = (TYPE, ENERGY, CAMERA_DIRECTION, SKY_DIRECTION)
PHYSICS = ("auc_mean_energy", "energy_bias", "energy_resolution", "energy_mae", "angular_resolution")


def showers(events=3000, seed=0, *, camera=False, images=1):
    """Answers about gammas and protons whose errors are known: 20 % in energy, 0.1 deg in both angles."""
    rng = np.random.default_rng(seed)
    heads = (TYPE, ENERGY, CAMERA_DIRECTION if camera else SKY_DIRECTION)
    y = rng.integers(0, 2, events)
    energy = rng.uniform(-1, 1, (events, 1))
    place = rng.uniform(-1, 1, (events, 2))
    signal = 1 / (1 + np.exp(-rng.normal(2.0 * y - 1, 1)))
    noise = rng.normal(0, 0.1, (events, 2))
    answers = {
        "type": np.stack([1 - signal, signal], axis=1),
        "energy": energy + np.log10(1 + np.clip(rng.normal(0.05, 0.2, (events, 1)), -0.9, None)),
        heads[2].name: place + (np.radians(noise) * 28.0 if camera else noise),
    }
    columns = {"true_class": y, "true_energy": 10.0 ** energy[:, 0], "event_id": np.arange(events) // images}
    return Scored(heads, {"type": y, "energy": energy, heads[2].name: place}, answers, columns, {"focal_length": 28.0})


class TestHeads:
    def test_which_metrics_several_heads_have(self):
        assert always(ALL) == ("loss", "accuracy")
        assert always((TYPE, ENERGY)) == ("loss", "accuracy", "rmse")
        assert set(PHYSICS) <= set(defaults(ALL, ["true_energy"]))
        assert set(defaults(ALL)) == set(defaults(ALL, ["true_energy"])) - {"auc_mean_energy"}
        assert not {"mae", "rmse"} & set(defaults(ALL))
        assert not set(PHYSICS) & set(defaults(classifier(2))) | set(PHYSICS) & set(defaults(regressor(1)))

    def test_the_loss_is_the_sum_of_the_heads_losses(self):
        scored = showers(50)
        own = {"type": "cross_entropy", "energy": "mae", "skydirection": "mae"}
        parts = []
        for head in scored.heads:
            alone = Scored((head,), {head.name: scored.truth[head.name]}, {head.name: scored.answers[head.name]})
            parts.append(compute([own[head.name]], alone)[own[head.name]])
        assert compute(["loss"], scored)["loss"] == pytest.approx(sum(parts))

    def test_each_metric_takes_the_head_it_is_for(self):
        scored = showers()
        found = compute(defaults(scored.heads, scored.events), scored)
        assert found["auc"] == auc(scored.truth["type"], scored.answers["type"])
        assert found["energy_resolution"] == pytest.approx(0.2, rel=0.1)
        assert found["energy_bias"] == pytest.approx(0.05, abs=0.02)
        assert found["angular_resolution"] == pytest.approx(0.1 * np.sqrt(-2 * np.log(1 - 0.6827)), rel=0.1)

    @pytest.mark.parametrize(
        ("name", "heads", "events", "message"),
        [
            ("energy_resolution", (TYPE,), None, "a metric of the head energy, and the heads are type"),
            ("angular_resolution", (TYPE, ENERGY), None, "the head skydirection or cameradirection"),
            ("mae", (ENERGY, SKY_DIRECTION), None, "one regression, and there are 2: energy, skydirection"),
            ("auc", (ENERGY,), None, "metric of a classification, and the data are a regression"),
            ("auc_mean_energy", (TYPE,), ("impact",), "needs `true_energy` of each event"),
            ("energy_resolutoin", (ENERGY,), None, "did you mean `energy_resolution`"),
        ],
    )
    def test_what_does_not_fit_is_said(self, name, heads, events, message):
        with pytest.raises(ConfigError, match=message) as caught:
            check_metrics([name], heads, key="training.metrics", events=events)
        assert (caught.value.key, caught.value.got) == ("training.metrics", name)

    def test_what_is_expected_fits(self):
        with pytest.raises(ConfigError) as caught:
            check_metrics(["accuracyy"], (TYPE,), events=())
        names = caught.value.expected.removeprefix("one of ").split(", ")
        check_metrics(names, (TYPE,), events=())
        assert "accuracy_signal" in names
        assert not {"auc_mean_energy", "energy_bias", "mae"} & set(names)

    def test_unknown_columns_are_not_checked_before_the_data_are_read(self):
        check_metrics(["auc_mean_energy"], (TYPE,))

    def test_a_bias_is_no_objective(self):
        check_objectives(["auc", "energy_resolution", "what a callable reports"])
        with pytest.raises(ConfigError, match="best at 0"):
            check_objectives(["energy_bias"])
        assert METRICS["energy_bias"].direction == "0"


class TestEnergy:
    def test_it_equals_pyirf(self):
        benchmarks = pytest.importorskip("pyirf.benchmarks")
        from astropy import units as u
        from astropy.table import QTable

        scored = showers()
        gammas = scored.truth["type"] == 1
        true, reconstructed = (10.0 ** part["energy"][gammas, 0] for part in (scored.truth, scored.answers))
        events = QTable({"true_energy": true * u.TeV, "reco_energy": reconstructed * u.TeV})
        expected = benchmarks.energy_bias_resolution(events, [0.01, 1000] * u.TeV)
        found = compute(["energy_bias", "energy_resolution"], scored)
        assert found["energy_bias"] == pytest.approx(expected["bias"][0], rel=1e-9)
        assert found["energy_resolution"] == pytest.approx(expected["resolution"][0], rel=1e-9)

    def test_only_gammas_are_measured(self):
        scored = showers()
        wrong = scored.answers["energy"] + 5.0 * (scored.truth["type"] == 0)[:, None]
        other = Scored(scored.heads, scored.truth, {**scored.answers, "energy": wrong}, scored.events)
        names = ["energy_bias", "energy_resolution", "energy_mae"]
        assert compute(names, other) == compute(names, scored)
        without = Scored(other.heads, other.truth, other.answers)  # the type says so, too
        assert compute(names, without) == compute(names, scored)

    def test_no_gamma_is_said(self):
        scored = showers(20)
        protons = scored.take(np.flatnonzero(scored.truth["type"] == 0))
        with pytest.raises(DataError, match=r"none of the .* events is a gamma ray"):
            compute(["energy_bias"], protons)


class TestDirection:
    @given(st.integers(0, 1000))
    def test_separations_equal_astropy(self, seed):
        coordinates = pytest.importorskip("astropy.coordinates")
        rng = np.random.default_rng(seed)
        first, second = rng.uniform([0, -90], [360, 90], (2, 8, 2))
        second[:4] = first[:4] + rng.normal(0, 1e-3, (4, 2)).clip(-90, 90)
        second[:, 1] = second[:, 1].clip(-90, 90)
        expected = coordinates.angular_separation(*np.radians(first.T), *np.radians(second.T))
        assert separation(first, second) == pytest.approx(np.degrees(expected), rel=1e-6, abs=1e-9)

    def test_places_in_a_camera_become_angles(self):
        assert camera_angles(np.array([[0.0, 28.0]]), 28.0) == pytest.approx(np.array([[0, 57.29578]]))
        found = compute(["angular_resolution"], showers(camera=True))["angular_resolution"]
        assert found == pytest.approx(0.1 * np.sqrt(-2 * np.log(1 - 0.6827)), rel=0.1)

    def test_a_focal_length_is_needed_for_them(self):
        scored = showers(50, camera=True)
        unknown = Scored(scored.heads, scored.truth, scored.answers, scored.events)
        with pytest.raises(DataError, match="focal length"):
            compute(["angular_resolution"], unknown)


class TestType:
    # signal scores 0.9 0.7 0.5 0.3, background 0.8 0.4 0.2 0.1
    y = np.array([1, 1, 1, 1, 0, 0, 0, 0])
    signal = np.array([0.9, 0.7, 0.5, 0.3, 0.8, 0.4, 0.2, 0.1])
    scores = np.stack([1 - signal, signal], axis=1)

    def test_signal_efficiency_by_hand(self):
        assert signal_efficiency(self.y, self.scores, 0.25) == 0.75  # above 0.5: background 0.8 alone
        assert signal_efficiency(self.y, self.scores, 0.24) == pytest.approx(0.25)  # up to 0.8 no further signal
        assert signal_efficiency(self.y, self.scores, 1.0) == 1.0
        assert np.isnan(signal_efficiency(np.ones(8, int), self.scores))

    def test_it_is_the_reverse_of_the_rejection(self):
        scored = showers()
        rejection = compute(["background_rejection"], scored, MetricSettings(signal_efficiency=0.6))
        settings = MetricSettings(background_efficiency=1 / rejection["background_rejection"])
        assert compute(["signal_efficiency"], scored, settings)["signal_efficiency"] == pytest.approx(0.6, abs=2e-3)

    def test_accuracies_of_the_classes(self):
        found = compute(["accuracy_signal", "accuracy_background"], Scored.single(self.y, self.scores))
        assert found == {"accuracy_signal": 0.5, "accuracy_background": 0.75}
        mirrored = MetricSettings(signal_class=0)
        found = compute(["accuracy_signal", "accuracy_background"], Scored.single(self.y, self.scores), mirrored)
        assert found == {"accuracy_signal": 0.75, "accuracy_background": 0.5}

    def test_a_difference_between_spectra_does_not_help_the_mean_over_energies(self):
        rng = np.random.default_rng(1)
        y = np.repeat([0, 1], 4000)
        log = np.where(y == 1, rng.uniform(-1, 0.4, 8000), rng.uniform(-0.6, 1, 8000))
        score = np.clip(0.5 - log / 4, 0, 1)  # nothing but the energy
        scored = Scored(
            (TYPE,), {"type": y}, {"type": np.stack([1 - score, score], axis=1)}, {"true_energy": 10.0**log}
        )
        found = compute(["auc", "auc_mean_energy"], scored)
        assert found["auc"] > 0.7
        assert found["auc_mean_energy"] == pytest.approx(0.5, abs=0.03)

    def test_bins_without_both_classes_are_said(self):
        scored = Scored.single(self.y, self.scores)
        few = Scored(scored.heads, scored.truth, scored.answers, {"true_energy": np.ones(8)})
        with pytest.raises(DataError, match="no bin of true energy"):
            compute(["auc_mean_energy"], few)


def test_bins_of_energy_are_the_same_for_all_data():
    energies = np.array([0.3, 1.0, 99.0])
    assert edges(energies)[[0, -1]] == pytest.approx([10**-0.6, 100])
    assert bin_numbers(10.0 ** np.linspace(-2, 2, 21)).tolist() == list(range(-10, 11))
    assert len(edges(np.empty(0))) == 0


class TestBootstrap:
    @pytest.mark.parametrize("name", defaults((TYPE, ENERGY, SKY_DIRECTION), ["true_energy"]))
    def test_weighing_equals_drawing(self, name):
        scored = showers(400)
        statistic = METRICS[name].statistic(scored, MetricSettings())
        for counts in draws(scored, 3):
            repeated = scored.take(np.repeat(np.arange(len(scored)), counts))
            if name == "auc_mean_energy":  # its bins are those of all events
                continue
            assert statistic(counts) == pytest.approx(compute([name], repeated)[name], rel=1e-9)
        assert statistic(np.ones(len(scored), int)) == pytest.approx(statistic(None))

    def test_the_images_of_a_shower_are_drawn_together(self):
        single = showers(1500)
        rows = np.repeat(np.arange(1500), 4)
        tripled = single.take(rows)  # four equal images a shower tell no more than one
        alone = Scored(tripled.heads, tripled.truth, tripled.answers)
        together = bootstrap_error("auc", tripled)
        assert together == pytest.approx(bootstrap_error("auc", single), rel=0.2)
        assert bootstrap_error("auc", alone) == pytest.approx(together / 2, rel=0.2)

    def test_showers_of_two_files_are_different(self):
        y = np.arange(8) % 2
        answers = np.full((8, 2), 0.5)
        columns = {"obs_id": np.ones(8), "event_id": np.arange(8) // 4, "file_index": np.arange(8) // 2 % 2}
        scored = Scored((TYPE,), {"type": y}, {"type": answers}, columns)
        assert all(counts[0] == counts[1] and counts[2] == counts[3] for counts in draws(scored, 20))
        assert any(counts[0] != counts[2] for counts in draws(scored, 20))

    def test_the_error_of_a_resolution(self):
        rng = np.random.default_rng(3)

        def once(seed):
            scored = showers(1000, seed)
            return compute(["energy_resolution"], scored)["energy_resolution"]

        spread = np.std([once(int(seed)) for seed in rng.integers(0, 10**6, 100)], ddof=1)
        found = bootstrap_errors(["energy_resolution"], showers(1000))["energy_resolution"]
        assert found == pytest.approx(spread, rel=0.35)


def test_a_head_that_only_looks_like_an_energy_is_none():
    other = Head("energy", "classification", 3, "cross_entropy")
    with pytest.raises(ConfigError):
        check_metrics(["energy_bias"], (other,))
