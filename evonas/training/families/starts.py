"""How the ordinary networks of a family are trained that a search sets out from.

A starting point is what a person would try first: two or three layers, relu, max pooling, Adam in small batches. Its
learning rate is on the high side of the usual, for a search trains for few epochs. A family's starting points differ in
size, normalisation and learning, so that a model of the results has something to tell apart. Sequential model-based
optimisation begins with a configuration's defaults in the same way (Lindauer et al. 2022, arXiv:2109.09831); sets of
defaults that complement each other are due to Wistuba, Schilling & Schmidt-Thieme 2015, doi:10.1109/ICDM.2015.154.
"""

from __future__ import annotations

from typing import Any

__all__ = ["adam"]


def adam(learning_rate: float, batch_size: int, **further: float) -> dict[str, Any]:
    """Return learning genes, fresh: Adam at a constant rate.

    Args:
        learning_rate: of Adam; higher with normalisation, or in a small network.
        batch_size: events a step.
        further: genes of the optimizer besides, such as ``epsilon``.
    """
    return {
        "optimizer": {"type": "adam", "learning_rate": learning_rate, **further},
        "schedule": {"type": "constant"},
        "batch_size": batch_size,
        "label_smoothing": 0.0,
        "clipping": {"type": "none"},
    }
