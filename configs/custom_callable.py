"""The function that configs/custom_callable.yaml evolves."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

IMAGES, LABELS = load_digits(return_X_y=True)  # read once: worker processes are forked from one that has imported this


def train(genome: Mapping[str, Any], budget: Any) -> dict[str, float]:
    """Train a perceptron on the digits and return its validation accuracy and its number of weights."""
    solver = dict(genome["solver"])
    name = solver.pop("type")
    options = {"learning_rate_init": solver["learning_rate"]}
    if name == "sgd":
        options |= {"momentum": solver["momentum"], "nesterovs_momentum": solver["nesterov"]}
    x, x_validation, y, y_validation = train_test_split(IMAGES / 16, LABELS, test_size=0.3, random_state=0)
    network = MLPClassifier(
        [layer["units"] for layer in genome["layers"]],
        activation=genome["activation"],
        solver=name,
        alpha=genome["alpha"],
        batch_size=genome["batch_size"],
        n_iter_no_change=genome["patience"],
        max_iter=budget.epochs,
        random_state=budget.seed,
        **options,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the budget ends the training, on purpose
        network.fit(x, y)
    weights = sum(matrix.size for matrix in (*network.coefs_, *network.intercepts_))
    return {"accuracy": float(network.score(x_validation, y_validation)), "weights": float(weights)}
