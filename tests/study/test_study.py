"""Studies: resumed, retrained, transferred, written."""

import csv
import json
import math

import pytest

from evonas.config import dump_config, load_config
from evonas.errors import RunError
from evonas.lineage import LineageStore
from evonas.report.history import standings
from evonas.run import RunDirectory
from evonas.study import Stopped, Study, read_study, run_study, write_study
from evonas.study.results import Figure, difference, figure_of, flat_rows, in_words


def test_a_stopped_study_goes_on_where_it_was(sessions):
    first, second, third, fourth = sessions
    assert first.outcome == Stopped("stopped by SIGINT")
    assert not first.trainings
    assert first.lines == ["search 1 of 4: small, seed 0", "search 2 of 4: small, seed 1"]
    assert second.outcome is None
    assert len(second.trainings) == 3
    assert isinstance(third.outcome, Study)
    # 2 telescopes x (baseline + 2 winners) x 2 seeds, and after the transfer x 1 seed, less winners that are equal
    distinct = sum(
        len({network.genome.id for network in [result.baseline, *result.winners.values()]}) * trainings
        for results, trainings in ((third.outcome.results, 2), (third.outcome.transfers, 1))
        for result in results
    )
    assert len(second.trainings) + len(third.trainings) == distinct
    assert not fourth.trainings
    assert flat_rows(fourth.outcome.results, words=False) == flat_rows(third.outcome.results, words=False)


def test_each_search_is_an_ordinary_run_that_was_run_once(finished):
    assert [search.directory.path.name for search in finished.searches] == [
        "small-seed0",
        "small-seed1",
        "large-seed0",
        "large-seed1",
    ]
    sessions = []
    for search in finished.searches:
        directory = RunDirectory.open(search.directory.path)
        config = load_config(directory.config_file)
        assert (config.seed, config.data.fraction) == (search.seed, 0.5 if search.telescope == "small" else 0.8)
        with LineageStore.open(directory.lineage_file, read_only=True) as store:
            assert store.run.status == "finished"
            sessions.append(len(list(store.sessions())))
        assert search.winner == standings(search.history)[0].individual.genome
    assert sessions == [1, 2, 1, 1]  # the one that was stopped had a second session, and no other


def test_baseline_and_winners_are_retrained_and_compared(finished):
    for result in finished.results:
        assert result.baseline_name == "tiny-net"
        assert [one.network for one in result.rows()] == ["baseline", "optimised", "improvement"]
        old, new, gain = result.rows()
        assert (old.trained, new.trained) == ("2/2", "4/4")
        assert old.parameters.mean == 64 * 8 + 8 + 8 * 10 + 10
        for metric in ("accuracy", "test_accuracy"):
            own = [result.winners[seed].values(metric) for seed in (0, 1)]
            assert all(len(values) == 2 for values in own)
            assert new.figures[metric].mean == pytest.approx(sum(map(sum, own)) / 4)
            means = [sum(values) / 2 for values in own]
            assert new.figures[metric].error == pytest.approx(abs(means[0] - means[1]) / 2)
            assert gain.figures[metric].mean == pytest.approx(new.figures[metric].mean - old.figures[metric].mean)
            squares = new.figures[metric].error ** 2 + old.figures[metric].error ** 2
            assert gain.figures[metric].error == pytest.approx(math.sqrt(squares))


def test_the_transfer_retrains_what_the_other_family_adopts(finished):
    assert [result.model for result in finished.transfers] == ["cnn", "cnn"]
    for before, after in zip(finished.results, finished.transfers, strict=True):
        assert after.baseline.genome["stages"][0]["filters"] == 8
        for seed, winner in before.winners.items():
            filters = after.winners[seed].genome["stages"][0]["filters"]
            assert filters == winner.genome["layers"][0]["units"]
        assert [row.trained for row in after.rows()] == ["1/1", "2/2", ""]


def test_files(finished):
    files = write_study(finished)
    with files["csv"].open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["telescope"], row["model"], row["network"]) for row in rows][:4] == [
        ("small", "dense", "baseline"),
        ("small", "dense", "optimised"),
        ("small", "dense", "improvement"),
        ("large", "dense", "baseline"),
    ]
    assert len(rows) == 12
    assert float(rows[0]["accuracy"]) == finished.results[0].rows()[0].figures["accuracy"].mean
    content = json.loads(files["json"].read_text(encoding="utf-8"))
    assert content["results"][0]["trainings"]["baseline"][1]["seed"] == 1
    assert "standard error" in content["error"]
    page = files["html"].read_text(encoding="utf-8")
    for words in ("Baseline against optimised", "After the transfer", "Convergence", "evolution", "over each gene"):
        assert words in page
    for anchor in ("figure-results", "figure-transfer", "figure-convergence", "telescope-2-spread"):
        assert f'id="{anchor}"' in page
    before = {name: file.read_bytes() for name, file in files.items()}
    assert {name: file.read_bytes() for name, file in write_study(finished).items()} == before


def test_a_folder_with_runs_of_other_settings_is_refused(finished, quiet_view):
    file = finished.settings.file
    other = read_study(file, ["evolution.evaluations=4"])
    with pytest.raises(RunError, match="other settings") as caught:
        run_study(other, finished.folder, view=quiet_view, say=print)
    assert (caught.value.key, caught.value.got, caught.value.expected) == ("evolution.evaluations", 3, "4")


def test_a_run_that_never_started_is_begun_anew(tmp_path, study_file, quiet_view, stand_in_trainings):
    folder = tmp_path / "out"
    (folder / "all-seed0").mkdir(parents=True)
    changes = {"telescopes": None, "seeds": [0], "finals": {"seeds": 1, "epochs": 1}, "transfer": None}
    settings = read_study(study_file(tmp_path, **changes), ["evolution.evaluations=1"])
    text = dump_config(settings.telescopes[0].run_config(0))
    (folder / "all-seed0" / "config.yaml").write_text(text, encoding="utf-8")
    done = run_study(settings, folder, view=quiet_view, say=print)
    (result,) = done.results
    assert [row.network for row in result.rows()] == ["baseline", "optimised"]
    assert result.rows()[0].trained == "none"
    assert result.rows()[1].figures["accuracy"].error is None
    assert any("has no baseline" in note for note in done.notes)
    assert "has no baseline" in write_study(done)["html"].read_text(encoding="utf-8")


def test_errors_count_searches_not_trainings():
    figure = figure_of([[1.0, 1.2], [3.0, 3.2]])
    assert (figure.mean, figure.error) == (pytest.approx(2.1), pytest.approx(1.0))
    assert figure_of([[], []]) is None
    assert figure_of([[1.0, 2.0], []]).error == pytest.approx(0.5)
    assert difference(Figure(2.0, 0.3), Figure(1.0, 0.4)).error == pytest.approx(0.5)
    assert difference(Figure(2.0, None), Figure(1.0, 0.4)).error is None
    assert difference(None, Figure(1.0, 0.4)) is None
    assert in_words(Figure(0.0123, 0.0031), signed=True) == "+0.0123 +- 0.0031"


@pytest.mark.slow
@pytest.mark.training
def test_real_trainings(tmp_path, study_file, evonas):
    changes = {"telescopes": None, "seeds": [0], "finals": {"seeds": 2, "epochs": 1}, "transfer": None}
    file = study_file(tmp_path, **changes)
    ran = evonas("study", file, "--study-dir", tmp_path / "out", "--format", "json").worked()
    (_, optimised) = json.loads(ran.out)
    assert optimised["trained"] == "2/2"
    assert 0 < optimised["test_accuracy"] < 1
    assert optimised["accuracy_error"] >= 0
