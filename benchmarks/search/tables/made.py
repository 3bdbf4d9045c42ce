"""Made functions: six landscapes that the recorded tables do not have; they need no file.

They are there to watch for harm: what helps on recorded trainings must not hurt where choices act together, where only
a product counts, where there are many summits, or where the space has lists and conditions. None of them says how well
a search trains networks. ``open_table("made:layers")`` opens one, ``--table made`` stands for all.

A value is a formula of the genes; chance in it is drawn by a hash, the same in every process and version of Python. A
training of fewer epochs is behind its formula, as learning curves are, and reaches it with the last epoch.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

__all__ = ["MADE", "Ackley", "Hartmann", "Interactions", "Layers", "Made", "Mixed", "Widths", "made"]

_DECAY = 0.5  # power of the epochs by which curves near their end
_OPTIONS = "abcd"
_PLACES = 15


class Made:
    """What made functions have in common: curves and times.

    A training is behind its formula by a lag that falls as a power of the epochs, and is nil after the last one: the
    curve is `pow3` of Domhan, Springenberg and Hutter, who fit it to those of networks ("Speeding up automatic
    hyperparameter optimization of deep neural networks by extrapolation of learning curves", IJCAI 2015). The lag at
    the first epoch is 0.5 to 1.5 times the `spread`, drawn for each genome: orders at low rungs cross, but few of those
    far apart.

    Attributes:
        space: the space; a table sets it.
        spread: standard deviation of the formula over random genomes, roughly; a table sets it.
        ceiling: no value is above it; peers that minimise see how much one lacks.
    """

    objective = "value"
    maximise = True
    epochs = 27
    ceiling = 1.0
    space: ClassVar[Mapping[str, Any]]
    spread: ClassVar[float]

    def formula(self, genes: Mapping[str, Any]) -> float:
        """Return the value of a full training."""
        raise NotImplementedError

    def evaluate(self, genes: Mapping[str, Any], epochs: int) -> dict[str, float]:
        """Return the value after a number of epochs."""
        return self._rows(genes, [epochs])[0]

    def curve(self, genes: Mapping[str, Any], epochs: int) -> list[dict[str, float]]:
        """Return the value after each epoch."""
        return self._rows(genes, range(1, epochs + 1))

    def seconds(self, genes: Mapping[str, Any]) -> float:
        """Return the wall time of a full training, s."""
        return 60.0

    def _rows(self, genes: Mapping[str, Any], epochs: Sequence[int]) -> list[dict[str, float]]:
        full, lag = self.formula(genes), self.spread * (0.5 + _chance("lag", genes))
        return [{self.objective: full - lag * self._behind(epoch)} for epoch in epochs]

    def _behind(self, epoch: int) -> float:
        """Return which part of the first epoch's lag is left: 1 after the first, 0 after the last."""
        last = self.epochs**-_DECAY
        return (epoch**-_DECAY - last) / (1.0 - last)


class Interactions(Made):
    """Fifteen choices of four options, of which each counts by itself and in company with two others.

    It asks for pairs and triples to be changed together: 0.7 of a place's worth are its own, 0.3 belong to the triple
    that it forms with the next place and the one four places on, a ring. Kauffman and Levin's NK landscape with N = 15
    and K = 2 ("Towards a general theory of adaptive walks on rugged landscapes", 1987,
    doi:10.1016/S0022-5193(87)80029-2), with four options instead of two and a part without company.
    """

    spread = 0.047
    best = 0.7984325712755261
    space: ClassVar[Mapping[str, Any]] = {f"place_{place}": {"choice": list(_OPTIONS)} for place in range(_PLACES)}

    def __init__(self) -> None:
        own = {(place, option): _chance("own", place, option) for place in range(_PLACES) for option in _OPTIONS}
        self._worths = {
            (place, *options): 0.7 * own[place, options[0]] + 0.3 * _chance("company", place, *options)
            for place in range(_PLACES)
            for options in itertools.product(_OPTIONS, repeat=3)
        }

    def formula(self, genes: Mapping[str, Any]) -> float:
        """Return the mean worth of the places, between 0 and 1."""
        worths = [
            self.worth(place, *(genes[f"place_{one}"] for one in self.company(place))) for place in range(_PLACES)
        ]
        return math.fsum(worths) / _PLACES

    @staticmethod
    def company(place: int) -> tuple[int, int, int]:
        """Return the places on which the worth of a place depends: itself and two others."""
        return place, (place + 1) % _PLACES, (place + 4) % _PLACES

    def worth(self, place: int, own: str, second: str, third: str) -> float:
        """Return the worth of a place, between 0 and 1, given the options at the places of its company."""
        return self._worths[place, own, second, third]


class Widths(Made):
    """Four widths of which only the sum of the products of neighbours counts, and a number that stands apart.

    It asks for a ridge to be followed: the weights of a chain of dense layers should be 300 in all, which many widths
    give. What a single width is worth depends on all the others.
    """

    spread = 0.63
    best = 1.0
    space: ClassVar[Mapping[str, Any]] = {
        "x": {"float": [0.0, 1.0]},
        **{f"width_{place}": {"int": [1, 40]} for place in range(4)},
    }

    def formula(self, genes: Mapping[str, Any]) -> float:
        """Return 1 less the distance of the weights' logarithm and the squared one of the number; may be negative."""
        return 1.0 - abs(math.log(_weights(genes) / 300.0)) - (genes["x"] - 0.3) ** 2

    def seconds(self, genes: Mapping[str, Any]) -> float:
        """Return the wall time of a full training, s: 10 to 60, even over the weights."""
        return 10.0 + 50.0 * _weights(genes) / 4800.0


class Hartmann(Made):
    """Hartmann's function of six numbers: one narrow summit beside others that are nearly as high.

    It asks for a model of smooth numbers, where Gaussian processes are at home, without losing the highest summit to
    the next one, 3.20. Dixon and Szegoe, "The global optimization problem: an introduction", in *Towards Global
    Optimisation 2*, 1978, pp. 1-15; the sign is turned, so that more is better.
    """

    spread = 0.38
    best = 3.322368011415515
    ceiling = 4.0
    space: ClassVar[Mapping[str, Any]] = {f"x{place}": {"float": [0.0, 1.0]} for place in range(6)}
    _SUMMITS: ClassVar[Sequence[tuple[float, Sequence[float], Sequence[int]]]] = (  # height, steepness, place (1e-4)
        (1.0, (10, 3, 17, 3.5, 1.7, 8), (1312, 1696, 5569, 124, 8283, 5886)),
        (1.2, (0.05, 10, 17, 0.1, 8, 14), (2329, 4135, 8307, 3736, 1004, 9991)),
        (3.0, (3, 3.5, 1.7, 10, 17, 8), (2348, 1451, 3522, 2883, 3047, 6650)),
        (3.2, (17, 8, 0.05, 10, 0.1, 14), (4047, 8828, 8732, 5743, 1091, 381)),
    )

    def formula(self, genes: Mapping[str, Any]) -> float:
        """Return the sum of the four summits at a point, above 0."""
        point = [genes[f"x{place}"] for place in range(6)]
        return math.fsum(
            height
            * math.exp(-math.fsum(a * (x - 1e-4 * p) ** 2 for a, x, p in zip(steepness, point, places, strict=True)))
            for height, steepness, places in self._SUMMITS
        )


class Layers(Made):
    """A list of layers whose length, kinds and widths all matter, and two numbers of their training.

    It asks for insertions and for moves within lists: five layers are best, in a certain order of kinds, with widths
    that grow by the square root of two from one to the next, and no pooling after a pooling. A layer in the wrong
    place is worth less although it is the same layer. Chance of 0.004 at most leaves no two alike; the best value is
    not known, and less than 0.61.
    """

    spread = 0.23
    space: ClassVar[Mapping[str, Any]] = {
        "layers": {
            "repeat": {
                "kind": {"choice": ["convolution", "separable", "pooling", "identity"]},
                "width": {"int": [8, 256], "log": True},
                "activation": {"choice": ["relu", "gelu", "tanh"]},
            },
            "length": [1, 8],
        },
        "learning_rate": {"float": [1e-5, 1e-1], "log": True},
        "dropout": {"float": [0.0, 0.6]},
    }
    _KINDS = (
        *("convolution", "separable", "convolution", "pooling"),
        *("separable", "convolution", "identity", "identity"),
    )

    def formula(self, genes: Mapping[str, Any]) -> float:
        """Return the worth of the layers less what length and training lack; may be negative."""
        layers = genes["layers"]
        kinds = [layer["kind"] for layer in layers]
        worth = math.fsum(self._worth(place, layer) for place, layer in enumerate(layers)) * 4 / max(len(layers), 4)
        lacking = (
            0.02 * (len(layers) - 5) ** 2
            + 0.08 * (math.log10(genes["learning_rate"]) + 2.7) ** 2
            + 0.5 * (genes["dropout"] - 0.2) ** 2
            + 0.1 * sum(pair == ("pooling", "pooling") for pair in itertools.pairwise(kinds))
        )
        return worth - lacking + 0.004 * (2.0 * _chance("layers", genes) - 1.0)

    def seconds(self, genes: Mapping[str, Any]) -> float:
        """Return the wall time of a full training, s: 10 to 60, even over the sum of the widths."""
        return 10.0 + 50.0 * sum(layer["width"] for layer in genes["layers"]) / (8 * 256)

    def _worth(self, place: int, layer: Mapping[str, Any]) -> float:
        fits, gelu = layer["kind"] == self._KINDS[place], layer["activation"] == "gelu"
        octaves = math.log2(layer["width"] / 16.0) - place / 2  # beside the width that belongs here
        return 0.12 * fits + 0.03 * gelu - 0.025 * octaves**2


class Mixed(Made):
    """Genes of all kinds: a switch with genes of its own on either side, whole numbers, logarithms, choices.

    It asks for conditions to be understood: the better optimizer, SGD, is the better one only with its own three genes
    right, in company with the batch size; Adam forgives more. Width and depth trade for each other, weight decay has
    no effect below a bound, and what trains badly falls off a cliff of 0.1.
    """

    spread = 0.17
    space: ClassVar[Mapping[str, Any]] = {
        "optimizer": {
            "select": {
                "adam": {"learning_rate": {"float": [1e-6, 1e-1], "log": True}, "beta": {"float": [0.8, 0.999]}},
                "sgd": {
                    "learning_rate": {"float": [1e-4, 1.0], "log": True},
                    "momentum": {"float": [0.0, 0.99]},
                    "nesterov": "bool",
                },
            }
        },
        "weight_decay": {"float": [1e-8, 1e-1], "log": True},
        "depth": {"int": [1, 20]},
        "width": {"int": [16, 1024], "log": True},
        "batch_size": {"choice": [16, 32, 64, 128, 256]},
        "schedule": {"choice": ["none", "cosine", "step"]},
    }

    @property
    def best(self) -> float:
        """The best value there is: SGD at its best, and the width and depth nearest to the ridge."""
        sizes = ((depth, 2.0 ** (26.0 / math.sqrt(depth))) for depth in range(1, 21))
        near = ((depth, int(width) + up) for depth, width in sizes if width < 1024 for up in (0, 1))
        return 0.93 + 0.008 - min(_off_ridge(*size) for size in near)

    def formula(self, genes: Mapping[str, Any]) -> float:
        """Return an accuracy of a kind; where nothing fits it is negative."""
        optimizer, batch = genes["optimizer"], genes["batch_size"] / 64
        rate = optimizer["learning_rate"]
        if optimizer["type"] == "sgd":
            worth = 0.93 - 0.03 * (math.log10(rate * batch / (1.0 - optimizer["momentum"])) - 0.3) ** 2
            worth -= 0.01 * (not optimizer["nesterov"])
        else:
            worth = 0.915 - 0.02 * (math.log10(rate * math.sqrt(batch)) + 3.0) ** 2
            worth -= 0.3 * (optimizer["beta"] - 0.9) ** 2
        worth -= _off_ridge(genes["depth"], genes["width"])
        worth -= 0.004 * max(0.0, math.log10(genes["weight_decay"]) + 3.5) ** 2
        worth += 0.008 * (genes["schedule"] == "cosine")
        return worth - 0.1 * (worth < 0.6)

    def seconds(self, genes: Mapping[str, Any]) -> float:
        """Return the wall time of a full training, s: 10 to 60, even over width times depth."""
        return 10.0 + 50.0 * genes["width"] * genes["depth"] / (1024 * 20)


class Ackley(Made):
    """Ackley's function of five logarithms and three choices of numbers: a funnel with many holes on its way.

    It asks for a slope to be seen through ripples as high as the slope is over a few of them, and each logarithm has
    its summit elsewhere. The summit lies within the space: the logarithms at -1, -1.4, ..., -2.6 and the choices at 5.
    Ackley, *A Connectionist Machine for Genetic Hillclimbing*, 1987, doi:10.1007/978-1-4613-1997-9; the sign is turned
    and the constant left out, so that values lie between 0 and 20 + e.
    """

    spread = 0.82
    best = 20.0 + math.e
    ceiling = 23.0
    space: ClassVar[Mapping[str, Any]] = {
        **{f"x{place}": {"float": [1e-4, 1.0], "log": True} for place in range(5)},
        **{f"kernel_{place}": {"choice": [1, 3, 5, 7]} for place in range(3)},
    }

    def formula(self, genes: Mapping[str, Any]) -> float:
        """Return the value, above 0."""
        point = [math.log10(genes[f"x{place}"]) + 1.0 + 0.4 * place for place in range(5)]
        point += [(genes[f"kernel_{place}"] - 5) / 2 for place in range(3)]
        squares = math.fsum(z * z for z in point) / len(point)
        ripples = math.fsum(math.cos(2.0 * math.pi * z) for z in point) / len(point)
        return 20.0 * math.exp(-0.2 * math.sqrt(squares)) + math.exp(ripples)


MADE: dict[str, Callable[[], Made]] = {
    "interactions": Interactions,
    "widths": Widths,
    "hartmann": Hartmann,
    "layers": Layers,
    "mixed": Mixed,
    "ackley": Ackley,
}
"""Name to made function."""


def made(name: str = "") -> Made:
    """Return a made function.

    Raises:
        ValueError: if there is none of that name.
    """
    if name not in MADE:
        raise ValueError(f"no made function {name or 'without a name'}: expected made:NAME, one of {', '.join(MADE)}")
    return MADE[name]()


def _chance(*about: Any) -> float:
    """Return a number between 0 and 1, always the same for the same plain values.

    JSON writes a float as the shortest text that reads back as the same float, whatever the version of Python or NumPy.
    """
    text = json.dumps(about, sort_keys=True)
    return (int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") >> 11) / 2**53


def _weights(genes: Mapping[str, Any]) -> int:
    widths = [genes[f"width_{place}"] for place in range(4)]
    return sum(before * after for before, after in itertools.pairwise(widths))


def _off_ridge(depth: int, width: int) -> float:
    return 0.0006 * (math.log2(width) * math.sqrt(depth) - 26.0) ** 2
