"""WHY IT WON: the line of a winner from its founder, and what each inherited change is worth.

What trains is in :mod:`evonas.explain.ablation`, apart from what only reads.
"""

from evonas.explain.changes import Inherited, inherited_changes
from evonas.explain.descent import Descent, Step, explain
from evonas.explain.noise import Estimate, Noise, measure_noise
from evonas.explain.ranking import Ablation, Worth, last_ablation
from evonas.explain.reverts import Revert, revert
from evonas.explain.words import ablation_words, descent_words
from evonas.explain.worth import paired
from evonas.report.analysis.corrections import holm

__all__ = [
    "Ablation",
    "Descent",
    "Estimate",
    "Inherited",
    "Noise",
    "Revert",
    "Step",
    "Worth",
    "ablation_words",
    "descent_words",
    "explain",
    "holm",
    "inherited_changes",
    "last_ablation",
    "measure_noise",
    "paired",
    "revert",
]
