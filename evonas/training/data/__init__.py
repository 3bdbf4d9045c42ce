"""Where events come from, how they are split and standardised, and how all workers share one copy of them."""

from evonas.training.data.parts import FOLDER, PARTS, Part, load_part, load_some
from evonas.training.data.prepared import prepare
from evonas.training.data.protocol import Arrays, DataSource, FileArray, Options
from evonas.training.data.registry import load_source, read_options, source_names
from evonas.training.data.split import Split, split_events, subsample
from evonas.training.data.standardise import Standardisation
from evonas.training.data.summary import DataSummary, read_summary

__all__ = [
    "FOLDER",
    "PARTS",
    "Arrays",
    "DataSource",
    "DataSummary",
    "FileArray",
    "Options",
    "Part",
    "Split",
    "Standardisation",
    "load_part",
    "load_some",
    "load_source",
    "prepare",
    "read_options",
    "read_summary",
    "source_names",
    "split_events",
    "subsample",
]
