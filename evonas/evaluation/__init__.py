"""WHERE IT RUNS: backends, devices, queues, and the memo of equal genomes. No Keras here."""

from evonas.evaluation.devices import Device, Shares, child_environment, find_devices, share_out
from evonas.evaluation.local import LocalBackend
from evonas.evaluation.memo import Memo
from evonas.evaluation.protocol import (
    Backend,
    BackendSnapshot,
    Budget,
    DeviceSnapshot,
    EvaluationContext,
    EvaluatorSpec,
    RunningEvaluation,
)

__all__ = [
    "Backend",
    "BackendSnapshot",
    "Budget",
    "Device",
    "DeviceSnapshot",
    "EvaluationContext",
    "EvaluatorSpec",
    "LocalBackend",
    "Memo",
    "RunningEvaluation",
    "Shares",
    "child_environment",
    "find_devices",
    "share_out",
]
