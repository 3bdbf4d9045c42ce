"""Model families: from genome to network, with its costs known before it is built. Importing this loads no Keras."""

from evonas.training.families.counts import model_costs
from evonas.training.families.plan import Layer, Network, Plan
from evonas.training.families.protocol import ModelFamily, PlannedFamily
from evonas.training.families.registry import family_names, load_family

__all__ = [
    "Layer",
    "ModelFamily",
    "Network",
    "Plan",
    "PlannedFamily",
    "family_names",
    "load_family",
    "model_costs",
]
