"""THE PUBLISHED TABLE: a search repeated over telescopes and seeds, its winners retrained, against the baseline."""

from evonas.study.settings import StudySettings, read_study
from evonas.study.study import Stopped, Study, run_study
from evonas.study.writing import write_study

__all__ = ["Stopped", "Study", "StudySettings", "read_study", "run_study", "write_study"]
