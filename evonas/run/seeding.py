"""Seeds: genome files, and winners of earlier runs, as parents of this run's first individuals."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from evonas.config import RunConfig
from evonas.errors import ConfigError, EvonasError, GenomeError, nearest
from evonas.evolution import PriorEvaluation, SeedGenome
from evonas.genome import Genome, read_genome
from evonas.lineage import LineageStore, Scored, select
from evonas.lineage.ranking import best_first, score
from evonas.records import BASELINE, START, Parent
from evonas.run.directory import RunDirectory
from evonas.space import Space
from evonas.training.families import load_family

__all__ = [
    "PlantedSeed",
    "plant_seeds",
    "prior_evaluations",
    "recall_prior",
    "recall_seeds",
    "remember_seeds",
    "split_selection",
]

_EVENT = "seeds"
_PRIOR = 1000  # evaluations of an earlier run that are taken over, at most
_SELECTION = re.compile(r"^(?P<run>.+?):(?P<selection>best(?:\(\d+\))?|pareto|knee|baseline|\d+)$")


@dataclass(frozen=True)
class PlantedSeed:
    """A seed and what had to change for it to live in the new space.

    Attributes:
        seed: the genome and its parent elsewhere.
        changes: one line a change; empty where the genome fits as it is.
    """

    seed: SeedGenome
    changes: tuple[str, ...]


def plant_seeds(config: RunConfig, space: Space) -> list[PlantedSeed]:
    """Read all seeds of a configuration.

    A seed is a genome file (``genomes/lenet5.yaml``), or a selection of an earlier run: ``RUN`` (its best),
    ``RUN:best(5)``, ``RUN:pareto``, ``RUN:knee``, ``RUN:12``.

    Raises:
        ConfigError: if a seed is neither a file nor a run directory.
        GenomeError: if a genome file is unreadable, or of another model family.
        LineageError: if a selection finds nothing.
    """
    seeds = [*_baseline(config), *(seed for text in config.seeds for seed in _read(text, config))]
    adopted = [_adopted(seed, space) for seed in seeds]
    repaired = [space.repair(seed.genome) for seed in adopted]
    planted = [PlantedSeed(seed, tuple(one.changes)) for seed, one in zip(adopted, repaired, strict=True)]
    return planted + _starting_points(config, space, {one.genome.id for one in repaired})


def prior_evaluations(config: RunConfig, space: Space) -> list[PriorEvaluation]:
    """Return what the runs among the seeds measured, for a surrogate to start from.

    Of each run all individuals that completed an evaluation are taken, each at the highest rung that it reached, with
    the mean over its trainings there; of more than 1,000 every second, third, ... from the best to the worst. An
    individual is left out that did not measure an objective of this run, or that cannot live in its space.

    Raises:
        ConfigError: if a seed is neither a file nor a run directory.
        LineageError: if the lineage of a run cannot be read.
    """
    metrics = [objective.metric for objective in config.evolution.objectives]
    folders = [_folder(text, config) for text in config.seeds if not _located(text, config).is_file()]
    known = []
    for folder in dict.fromkeys(folders):
        with LineageStore.open(RunDirectory.open(folder).lineage_file, read_only=True) as store:
            scored = score(store.individuals(), store.results(curves=False), metrics, own_rungs=True)
            ordered = best_first(scored, config.evolution.objectives[0].maximise)
            known += _carried_over(ordered[:: -(-len(ordered) // _PRIOR) or 1], store.run_id, space)
    return known


def _carried_over(scored: Iterable[Scored], run: str, space: Space) -> list[PriorEvaluation]:
    known = []
    for one in scored:
        with suppress(EvonasError):  # of another family, or beyond repair: there is nothing to learn from it here
            genome = space.repair(_adopted(SeedGenome(one.individual.genome), space).genome).genome
            known.append(PriorEvaluation(genome, one.values, run))
    return known


def _baseline(config: RunConfig) -> list[SeedGenome]:
    """Return the published network that the search is to be measured against, if its family has one."""
    if config.model is None or config.baseline == "none":
        return []
    known: dict[str, Any] = dict(getattr(load_family(config.model), "baselines", dict)())
    if config.baseline == "auto":
        known = dict(list(known.items())[:1])
    elif config.baseline not in known:
        close = nearest(config.baseline, known)
        raise ConfigError(
            f"the model family `{config.model}` has no such baseline",
            key="baseline",
            got=config.baseline,
            expected=f"one of {', '.join(('auto', 'none', *known))}",
            hint=f"did you mean `{close}`?" if close else None,
        )
    else:
        known = {config.baseline: known[config.baseline]}
    return [
        SeedGenome(Genome(genes, config.model), Parent(number=None, role="seed", source=f"{BASELINE}{name}"))
        for name, genes in known.items()
    ]


def _starting_points(config: RunConfig, space: Space, known: set[str]) -> list[PlantedSeed]:
    """Return ordinary networks of the model family: where a person would begin.

    Only the genetic algorithm has them: the others set out as they were published. Where the space is so narrow that
    two become the same, one is left; where it is of other genes than the family's, those that cannot live in it are
    left out. Winners of an earlier run are better ones.

    Args:
        config: the configuration.
        space: the run's space.
        known: ids of genomes that are there already.
    """
    from_run = any(not _located(text, config).is_file() for text in config.seeds)
    if config.model is None or config.starting_points == "none" or config.search.algorithm != "evolution" or from_run:
        return []
    planted = []
    for name, genes in getattr(load_family(config.model), "starting_points", dict)().items():
        genome = Genome(genes, config.model)
        with suppress(EvonasError):
            repaired = space.repair(genome)
            if repaired.genome.id not in known:
                known.add(repaired.genome.id)
                parent = Parent(number=None, role="seed", source=f"{START}{name}")
                planted.append(PlantedSeed(SeedGenome(genome, parent), tuple(repaired.changes)))
    return planted


def _adopted(seed: SeedGenome, space: Space) -> SeedGenome:
    """Return a seed as a genome of the run's family: its own, or what that family makes of another's."""
    genome = seed.genome
    if not genome.family or not space.family or genome.family == space.family:
        return seed
    turned: Genome | None = getattr(load_family(space.family), "adopt", lambda genome: None)(genome)
    if turned is None:
        raise GenomeError(
            "a seed is of another model family",
            file=seed.parent.source,
            key="seeds",
            got=genome.family,
            expected=space.family,
            hint=f"a {genome.family} genome can seed a run with `model: {genome.family}`",
        )
    return SeedGenome(turned, seed.parent)


def remember_seeds(store: LineageStore, planted: Sequence[PlantedSeed], prior: Sequence[PriorEvaluation] = ()) -> None:
    """Store the seeds, so that a resumed run does not need the files and runs they came from.

    Args:
        store: the run's lineage.
        planted: the seeds.
        prior: what the runs among them measured.
    """
    if not planted:
        return
    rows = [
        {
            "family": one.seed.genome.family,
            "genes": one.seed.genome.genes,
            "marks": one.seed.genome.marks,
            "parent": asdict(one.seed.parent),
            "changes": list(one.changes),
        }
        for one in planted
    ]
    repaired = sum(1 for one in planted if one.changes)
    message = f"{len(planted)} seeds planted, {repaired} of them repaired into the space"
    if prior:
        message += f"; {len(prior)} evaluations of earlier runs are known"
    known = [
        {"family": one.genome.family, "genes": one.genome.genes, "values": list(one.values), "run": one.run}
        for one in prior
    ]
    store.add_event(_EVENT, message, seeds=rows, prior=known)


def recall_seeds(store: LineageStore) -> list[PlantedSeed]:
    """Return the seeds that :func:`remember_seeds` stored."""
    rows = [row for event in store.events() if event.kind == _EVENT for row in event.data["seeds"]]
    return [
        PlantedSeed(
            SeedGenome(Genome(row["genes"], row["family"], row["marks"]), Parent(**row["parent"])),
            tuple(row["changes"]),
        )
        for row in rows
    ]


def recall_prior(store: LineageStore) -> list[PriorEvaluation]:
    """Return the prior evaluations that :func:`remember_seeds` stored."""
    rows = [row for event in store.events(_EVENT) for row in event.data.get("prior", ())]
    return [PriorEvaluation(Genome(row["genes"], row["family"]), tuple(row["values"]), row["run"]) for row in rows]


def split_selection(text: str) -> tuple[str, str]:
    """Split ``RUN:best(5)`` into run and selection; without a selection it is the best individual.

    What stands behind the colon of an existing folder is a selection, whatever it is: reading it says what is wrong.
    """
    match = _SELECTION.match(text)
    if match:
        return match["run"], match["selection"]
    run, colon, selection = text.rpartition(":")
    return (run, selection) if colon and not Path(text).exists() and Path(run).is_dir() else (text, "best")


def _read(text: str, config: RunConfig) -> list[SeedGenome]:
    file = _located(text, config)
    if file.is_file():
        return [SeedGenome(read_genome(file).genome, Parent(number=None, role="seed", source=text))]
    with LineageStore.open(RunDirectory.open(_folder(text, config)).lineage_file, read_only=True) as store:
        return [
            SeedGenome(one.genome, Parent(one.number, run=store.run.id, role="seed", source=text))
            for one in select(store, split_selection(text)[1])
        ]


def _folder(text: str, config: RunConfig) -> Path:
    """Return the run directory of a seed that is no genome file."""
    folder = _located(split_selection(text)[0], config)
    if not folder.is_dir():
        raise ConfigError(
            "a seed is neither a genome file nor a run directory",
            key="seeds",
            got=text,
            expected="a genome YAML file, RUN, RUN:best(5), RUN:pareto, RUN:knee or RUN:12",
            hint="paths are relative to the configuration's folder or to where you are",
        )
    return folder


def _located(text: str, config: RunConfig) -> Path:
    path = Path(text).expanduser()
    beside = Path(config.base or ".") / path
    return beside if beside.exists() else path
