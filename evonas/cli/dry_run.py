"""``evonas evolve --dry-run``: everything but the training."""

from __future__ import annotations

import json
import math
import tempfile
from pathlib import Path

from evonas.cli.output import figure, print_line
from evonas.config import RunConfig
from evonas.evaluation import find_devices
from evonas.evolution import Engine
from evonas.run import ask_question, plant_seeds

__all__ = ["show_dry_run"]

_SHOWN = 3


def show_dry_run(config: RunConfig) -> None:
    """Read the data, build the space, plant the seeds, give birth to the first founders; print what was found.

    Raises:
        EvonasError: whatever would stop the run at its start.
    """
    import os

    with tempfile.TemporaryDirectory(prefix="evonas-dry-run-") as folder:
        question = ask_question(config, Path(folder))
        planted = plant_seeds(config, question.space)
        engine = Engine(
            question.space,
            config.evolution,
            config.seed,
            seeds=[one.seed for one in planted],
            appraise=question.appraise,
        )
        print_line(f"run {config.name}: {config.model or config.evaluator}, seed {config.seed}")
        if (data := question.data) is not None:
            shape = " x ".join(str(size) for size in data.input_shape)
            parts = ", ".join(f"{number:,} {part}" for part, number in data.counts.items())
            print_line(f"data: {data.source}, {data.task} of {shape} into {data.outputs}; {parts}")
        size = question.space.size()
        print_line(f"space: {'infinitely many' if math.isinf(size) else f'{float(size):.3g}'} genomes")
        print_line(
            "devices: " + ", ".join(device.name for device in find_devices(config.evaluation.devices, os.environ))
        )
        for one in planted:
            print_line(f"seed {one.seed.parent.source}: " + ("; ".join(one.changes) or "fits as it is"))
        for _ in range(_SHOWN):
            request = engine.ask()
            if request is None:
                break
            costs = engine.individuals[request.individual].costs
            shown = ", ".join(f"{name} {figure(value)}" for name, value in costs.items())
            print_line(f"individual {request.individual}{f' ({shown})' if shown else ''}:")
            print_line("  " + json.dumps(request.genome.genes))
        print_line("nothing was trained; leave --dry-run out to start")
