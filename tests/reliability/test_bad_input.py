"""Whatever is wrong with the input: a message that says what and where, its exit code, and nothing lost."""

import contextlib
import gzip
import shutil
import sqlite3
import subprocess
from pathlib import Path

import numpy as np
import pytest

from evonas.documents import format_document
from evonas.errors import (
    ConfigError,
    DataError,
    EvaluationError,
    GenomeError,
    LineageError,
    RunError,
    SpaceError,
    StorageError,
)
from evonas.genome import GenomeFile, read_genome, write_genome
from evonas.lineage import LineageStore

GENOMES = Path(__file__).parents[2] / "genomes"


def line_of(file, text):
    return next(number for number, line in enumerate(Path(file).read_text().splitlines(), 1) if text in line)


# a wrong configuration


def test_unknown_key(here, evonas, write, toy):
    settings = toy()
    settings["evolution"]["popluation"] = 3
    config = write(settings)
    evonas("evolve", config, "--run-dir", "run").refused(
        ConfigError.exit_code,
        f"{config}:{line_of(config, 'popluation')}: evolution.popluation: unknown key",
        "got:      3",
        "expected: one of objectives, constraints, evaluations,",
        "did you mean `evolution.population`?",
    )
    assert not Path("run").exists()


def test_wrong_type(here, evonas, write, toy):
    settings = toy()
    settings["evolution"]["population"] = "many"
    config = write(settings)
    evonas("evolve", config, "--run-dir", "run").refused(
        ConfigError.exit_code,
        f"{config}:{line_of(config, 'population')}: evolution.population: wrong type",
        "got:      'many'",
        "expected: a whole number of at least 2",
    )
    assert not Path("run").exists()


def test_wrong_type_in_an_option(here, evonas, write, toy):
    evonas("evolve", write(toy()), "--set", "evolution.population=many").refused(
        ConfigError.exit_code, "--set evolution.population=many: evolution.population: wrong type"
    )
    assert not Path("runs").exists()


def test_an_option_without_a_value(here, evonas, write, toy):
    evonas("evolve", write(toy()), "--set", "evolution").refused(ConfigError.exit_code, "not of the form key=value")


def test_not_yaml(here, evonas):
    Path("config.yaml").write_text("evolution: {evaluations: 3\nmodel: cnn\n")
    evonas("evolve", "config.yaml").refused(ConfigError.exit_code, "config.yaml:2: not valid YAML")


def test_missing_configuration(here, evonas):
    evonas("evolve", "nothing.yaml").refused(ConfigError.exit_code, "nothing.yaml: there is no such file", "next:")


def test_empty_configuration(here, evonas):
    Path("config.yaml").touch()
    evonas("evolve", "config.yaml").refused(ConfigError.exit_code, "config.yaml", "empty", "evonas config init")


def test_metric_that_nothing_reports(here, evonas, write, dense):
    settings = dense()
    settings["evolution"]["objectives"] = ["accurracy"]
    config = write(settings)
    evonas("evolve", config, "--run-dir", "run").refused(
        ConfigError.exit_code,
        f"{config}:{line_of(config, 'objectives')}: evolution.objectives",
        "did you mean `accuracy`?",
    )
    assert not Path("run").exists()


def test_evaluator_without_the_function(here, evonas, write, toy):
    config = write(toy(evaluator="evonas.testing.toy:toy_calable"))
    ran = evonas("evolve", config, "--run-dir", "run")
    ran.refused(EvaluationError.exit_code, "evonas.testing.toy:toy_calable", "toy_callable")
    assert not Path("run").exists(), "the same command must work once the name is mended"


def test_device_that_is_not_there(here, evonas, write, toy):
    config = write(toy(evaluation={"devices": ["gpu:99"]}))
    evonas("evolve", config, "--run-dir", "run").refused(
        EvaluationError.exit_code, f"{config}:{line_of(config, 'devices')}: evaluation.devices", "gpu:99"
    )
    assert not Path("run").exists()


# an impossible space


@pytest.mark.parametrize("command", [("evolve", "--run-dir", "run"), ("evolve", "--dry-run"), ("config", "validate")])
def test_low_above_high(here, evonas, write, toy, command):
    settings = toy()
    settings["space"]["batch_size"] = {"int": [9, 3]}
    config = write(settings)
    verb = command[:2] if command[0] == "config" else command[:1]
    evonas(*verb, config, *command[len(verb) :]).refused(
        SpaceError.exit_code,
        f"{config}:{line_of(config, 'batch_size')}: space.batch_size: low is above high",
        "got:      [9, 3]",
        "expected: low <= high",
        "perhaps [3, 9] is meant",
    )
    assert not Path("run").exists()


def test_low_above_high_in_an_option(here, evonas, write, toy):
    evonas("config", "validate", write(toy()), "--set", "space.batch_size={int: [9, 3]}").refused(
        SpaceError.exit_code, "--set space.batch_size={int: [9, 3]}: space.batch_size: low is above high"
    )


def test_gene_that_the_family_does_not_have(here, evonas, write, dense):
    config = write(dense(space={"layers": {"repeat": {"unit": {"int": [4, 8]}}}}))
    evonas("config", "validate", config).refused(
        SpaceError.exit_code,
        f"{config}:{line_of(config, 'unit:')}: space.layers.repeat.unit",
        "did you mean `units`?",
    )


def test_limits_that_no_genome_meets(here, evonas, write, dense):
    settings = dense()
    settings["evolution"]["limits"] = {"parameters": 10}
    config = write(settings)
    for arguments in (["--run-dir", "run"], ["--dry-run"]):
        evonas("evolve", config, *arguments).refused(
            SpaceError.exit_code,
            f"{config}:{line_of(config, 'space')}: space",
            "parameters =",
            "> 10",
            "widen the limits",
        )
    assert not Path("run").exists()


def test_limits_on_costs_that_are_not_known(here, evonas, write, toy):
    evonas("evolve", write(toy()), "--set", "evolution.limits.parameters=10", "--run-dir", "run").refused(
        ConfigError.exit_code, "--set evolution.limits.parameters=10: evolution.limits", "limits need costs"
    )
    assert not Path("run").exists()


# unreadable data


def data_settings(dense, source, **options):
    return dense(data={"source": source, "options": options})


def idx(values):
    return bytes([0, 0, 8, values.ndim]) + b"".join(n.to_bytes(4, "big") for n in values.shape) + values.tobytes()


def test_missing_data_file(here, evonas, write, dense):
    evonas("evolve", write(data_settings(dense, "npz", file="events.npz")), "--run-dir", "run").refused(
        DataError.exit_code, here / "events.npz", "data.options.file", "there is no such file", "next:"
    )
    assert not Path("run").exists()


def test_truncated_gzip(here, evonas, write, dense):
    images = np.random.default_rng(0).integers(0, 255, (40, 8, 8), dtype=np.uint8)
    Path("images.gz").write_bytes(gzip.compress(idx(images))[:1000])
    Path("labels.gz").write_bytes(gzip.compress(idx(np.arange(40, dtype=np.uint8) % 2)))
    config = write(data_settings(dense, "idx", images="images.gz", labels="labels.gz"))
    evonas("evolve", config, "--run-dir", "run").refused(
        DataError.exit_code,
        f"{here / 'images.gz'}: data.options.images",
        "truncated",
        "got:      '1000 bytes'",
        "expected: a complete gzip file",
        "next:",
    )
    assert not Path("run").exists()


def test_wrong_name_in_an_npz_file(here, evonas, write, dense):
    np.savez("events.npz", inputs=np.zeros((9, 2)), y=np.zeros(9))
    config = write(data_settings(dense, "npz", file="events.npz"))
    evonas("evolve", config, "--run-dir", "run").refused(
        DataError.exit_code,
        f"{here / 'events.npz'}: data.options.inputs",
        "got:      'X'",
        "expected: one of inputs, y",
        "next:",
    )
    assert not Path("run").exists()


def test_array_of_objects(here, evonas, write, dense):
    ragged = np.empty(2, dtype=object)
    ragged[:] = [[1], [2, 3]]
    np.savez("events.npz", X=ragged, y=np.zeros(2))
    config = write(data_settings(dense, "npz", file="events.npz"))
    evonas("evolve", config, "--run-dir", "run").refused(
        DataError.exit_code, here / "events.npz", "data.options.inputs", "Python objects", "dtype object"
    )


def test_damaged_npz_file(here, evonas, write, dense):
    Path("events.npz").write_bytes(b"not an archive")
    config = write(data_settings(dense, "npz", file="events.npz"))
    evonas("evolve", config).refused(
        DataError.exit_code, here / "events.npz", "not an .npz file", "got:      '14 bytes'"
    )
    assert not list(Path().glob("runs/*"))


def test_unknown_source_and_option(here, evonas, write, dense):
    config = write(data_settings(dense, "npz", file="events.npz", input="X"))
    place = f"{config}:{line_of(config, 'input:')}: data.options.input"
    evonas("config", "validate", config).refused(ConfigError.exit_code, place, "did you mean `inputs`?")
    config = write(dense(data={"source": "npx"}))
    place = f"{config}:{line_of(config, 'source')}: data.source"
    evonas("config", "validate", config).refused(ConfigError.exit_code, place, "did you mean `npz`?")


# genomes


def test_seed_of_another_family(here, evonas, write, dense):
    seed = GENOMES / "lenet5.yaml"
    words = [f"{seed}: seeds", "got:      'cnn'", "expected: dense", "model: cnn"]
    config = write(dense(seeds=[str(seed)]))
    evonas("evolve", config, "--run-dir", "run").refused(GenomeError.exit_code, *words)
    config = write(dense())
    evonas("evolve", config, "--run-dir", "run", "--seed-from", seed).refused(GenomeError.exit_code, *words)
    assert not Path("run").exists()


def test_evaluating_a_genome_of_another_family(here, evonas, write, dense):
    genome = GENOMES / "lenet5.yaml"
    evonas("evaluate", genome, "--config", write(dense())).refused(
        GenomeError.exit_code, f"{genome}: family", "got:      'cnn'", "expected: dense", "model: cnn"
    )


def test_seed_that_is_nowhere(here, evonas, write, toy):
    evonas("evolve", write(toy()), "--run-dir", "run", "--seed-from", "nowhere").refused(
        ConfigError.exit_code, "--seed-from nowhere: seeds", "got:      'nowhere'", "RUN:best(5)"
    )
    config = write(toy(seeds=["nowhere"]))
    evonas("evolve", config, "--run-dir", "run").refused(
        ConfigError.exit_code, f"{config}:{line_of(config, 'seeds')}: seeds", "got:      'nowhere'"
    )
    assert not Path("run").exists()


def test_selection_that_is_not_understood(here, evonas, write, toy, toy_run):
    evonas("evolve", write(toy()), "--seed-from", f"{toy_run}:worst").refused(
        LineageError.exit_code, "got:      'worst'", "expected: best, best(K)"
    )
    evonas("evaluate", f"{toy_run}:worst").refused(LineageError.exit_code, "got:      'worst'")


def test_genome_files_that_cannot_be_read(here, evonas, write, dense):
    config = write(dense())
    evonas("evaluate", "nothing.yaml", "--config", config).refused(
        GenomeError.exit_code, "nothing.yaml", "no such file"
    )
    genome = read_genome(GENOMES / "quark_gluon_dense.yaml")
    write_genome("newer.yaml", GenomeFile(genome.genome))
    text = Path("newer.yaml").read_text().replace("schema_version: 1", "schema_version: 99")
    Path("newer.yaml").write_text(text)
    evonas("evaluate", "newer.yaml", "--config", config).refused(
        GenomeError.exit_code, "newer.yaml:1: schema_version", "got:      99", "expected: 1", "next:"
    )


def test_genome_that_the_family_cannot_build(here, evonas, write, dense):
    genome = read_genome(GENOMES / "quark_gluon_dense.yaml").genome
    broken = genome.genes
    del broken["layers"]
    Path("broken.yaml").write_text(format_document({"schema_version": 1, "family": "dense", "genes": broken}))
    evonas("evaluate", "broken.yaml", "--config", write(dense()), "--seeds", 1).refused(
        GenomeError.exit_code, "broken.yaml: layers"
    )


# run directories


def test_run_directory_of_another_program(here, evonas, write, toy):
    Path("other").mkdir()
    Path("other/thesis.tex").write_text("years of work")
    words = [RunError.exit_code, "other: ", "got:      ['thesis.tex']", "next:"]
    evonas("evolve", write(toy()), "--run-dir", "other").refused(*words, "expected: a new or an empty folder")
    for command in (["resume"], ["status"], ["best"], ["report"], ["lineage", "show"]):
        evonas(*command, "other").refused(*words, "expected: a folder with lineage.sqlite")
    evonas("export", "other", "--to", "there").refused(*words)
    assert [entry.name for entry in Path("other").iterdir()] == ["thesis.tex"]
    assert Path("other/thesis.tex").read_text() == "years of work"


def test_run_directory_that_is_a_file(here, evonas, write, toy):
    Path("file").write_text("kept")
    evonas("evolve", write(toy()), "--run-dir", "file").refused(RunError.exit_code, "file: the run directory is a file")
    evonas("status", "file").refused(RunError.exit_code, "file: this is not a run directory")
    assert Path("file").read_text() == "kept"


def test_run_directory_in_which_a_run_lies(here, evonas, write, toy, toy_run):
    shutil.copytree(toy_run, "run")
    before = {path: path.read_bytes() for path in Path("run").rglob("*") if path.is_file()}
    evonas("evolve", write(toy()), "--run-dir", "run").refused(
        RunError.exit_code, "run: the run directory holds a run already", "evonas resume run"
    )
    for path, content in before.items():
        assert path.read_bytes() == content


def test_database_of_another_program(here, evonas, write, toy):
    Path("other").mkdir()
    with contextlib.closing(sqlite3.connect("other/lineage.sqlite")) as connection:
        connection.execute("CREATE TABLE pedigree (horse TEXT)")
        connection.commit()
    before = Path("other/lineage.sqlite").read_bytes()
    for command in ("resume", "status", "best"):
        evonas(command, "other").refused(
            LineageError.exit_code,
            here / "other" / "lineage.sqlite",
            "belongs to another program",
            "got:      ['pedigree']",
            "next:",
        )
    evonas("evolve", write(toy()), "--run-dir", "other").refused(RunError.exit_code, "not empty, and is not a run's")
    assert Path("other/lineage.sqlite").read_bytes() == before


def test_file_that_is_no_database(here, evonas):
    Path("other").mkdir()
    Path("other/lineage.sqlite").write_text("a family tree, in words\n" * 100)
    for command in ("resume", "status", "best"):
        evonas(command, "other").refused(LineageError.exit_code, "lineage.sqlite", "not a lineage database", "next:")


def test_lineage_of_a_newer_schema(here, evonas, toy_run):
    shutil.copytree(toy_run, "run")
    with contextlib.closing(sqlite3.connect("run/lineage.sqlite")) as connection:
        connection.execute("UPDATE evonas_meta SET value = '99' WHERE name = 'schema_version'")
        connection.commit()
    for command in ("resume", "status", "best", "report"):
        evonas(command, "run").refused(
            LineageError.exit_code, "lineage.sqlite", "schema_version", "got:      '99'", "expected: at most 3", "next:"
        )


def test_run_that_another_process_works_on(here, evonas, toy_run):
    from evonas.lineage import RunLock

    with RunLock(toy_run):
        evonas("resume", toy_run).refused(RunError.exit_code, toy_run)


# storage


@contextlib.contextmanager
def small_disk(folder, size):
    folder.mkdir()
    try:
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], capture_output=True)
    except OSError as error:
        pytest.skip(f"no small disk can be mounted here: {error}")
    if mounted.returncode != 0:
        pytest.skip(f"no small disk can be mounted here: {mounted.stderr.decode().strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def fill(disk, leaving=0):
    usage = shutil.disk_usage(disk)
    (disk / "filler").write_bytes(bytes(usage.free - leaving))


def committed(run):
    with LineageStore.open(run, read_only=True) as store:
        return [stored.result.to_dict() for stored in store.results()]


def test_full_disk_loses_nothing_and_the_run_goes_on_when_there_is_space(here, evonas_process, write, toy):
    config = write(toy())
    with small_disk(here / "disk", "8m") as disk:
        fill(disk, leaving=600_000)
        run = disk / "run"
        ended = evonas_process("evolve", config, "--run-dir", run, "--set", "evolution.evaluations=40")
        ended.refused(StorageError.exit_code, run / "lineage.sqlite", "the disk is full", "resume the run")
        kept = committed(run)
        assert 0 < len(kept) < 40
        assert [f"individual {result['individual']}: accuracy" in ended.err for result in kept] == [True] * len(kept)

        (disk / "filler").unlink()
        evonas_process("resume", run).worked("finished: all 40 evaluations are used")
        after = committed(run)
        assert after[: len(kept)] == kept
        assert sorted(result["number"] for result in after) == list(range(40))


def test_full_disk_at_the_start(here, evonas, write, dense, toy):
    with small_disk(here / "disk", "1m") as disk:
        for settings in (dense(), toy()):
            fill(disk, leaving=8192)
            config = write(settings)
            evonas("evolve", config, "--run-dir", disk / "run").refused(StorageError.exit_code, disk / "run")
            assert not (disk / "run").exists(), "the same command must work once there is space"
            (disk / "filler").unlink()


def test_full_disk_for_what_is_written_of_a_run(here, evonas, toy_run):
    with small_disk(here / "disk", "1m") as disk:
        fill(disk)
        for command in (
            ["report", toy_run, "--to", disk / "report.html"],
            ["lineage", "export", toy_run, "--as", "graphml", "--to", disk / "graph.graphml"],
            ["lineage", "export", toy_run, "--as", "alife", "--to", disk / "tree.csv"],
            ["export", toy_run, "--to", disk],
            ["config", "init", disk / "config.yaml"],
        ):
            evonas(*command).refused(StorageError.exit_code, disk)
        assert [entry.name for entry in disk.iterdir()] == ["filler"]


def test_folder_that_cannot_be_written(here, evonas, write, toy):
    evonas("evolve", write(toy()), "--run-dir", "/proc/run").refused(StorageError.exit_code, "/proc/run")
