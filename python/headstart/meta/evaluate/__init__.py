"""The evaluation of a grid of configurations on datasets, for a knowledge base."""

from headstart.meta.evaluate.campaign import evaluate_all
from headstart.meta.evaluate.evaluator import (
    EvaluationLimits,
    LabelledTable,
    evaluate_dataset,
)
from headstart.meta.evaluate.grid import grid
from headstart.meta.evaluate.source import Source, read_manifest
from headstart.meta.evaluate.table import table_evaluator

__all__ = [
    "EvaluationLimits",
    "LabelledTable",
    "Source",
    "evaluate_all",
    "evaluate_dataset",
    "grid",
    "read_manifest",
    "table_evaluator",
]
