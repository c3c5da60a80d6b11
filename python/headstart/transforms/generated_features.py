"""Formulas of columns that tell more of the target than chance would."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from headstart.base import (
    Choice,
    Integer,
    Parameters,
    Resources,
    SearchSpace,
    TableRows,
    Task,
    Transform,
)
from headstart.base.table_columns import TableColumns
from headstart.features import OPERATORS, Candidate
from headstart.features.screening.gate import screen_features
from headstart.machine.compute import Compute
from headstart.plugins import hookimpl
from headstart.transforms.of_plans import PlanTransform

__all__ = ["FAMILIES", "GeneratedFeatures", "register_transforms"]

_FEW_ROWS = 500
_MOST_COLUMNS = 200
_MOST_CLASSES = 20
_SHARE_OF_TIME = 0.4  # of a fold fit: the learner has to fit too
_DEFAULT: Parameters = {"n_features": 10, "families": "all"}

#: Operators by family; `"all"` has every one that screening proposes.
FAMILIES: dict[str, tuple[str, ...] | None] = {
    "all": None,
    "numbers": tuple(
        name
        for name, operator in OPERATORS.items()
        if operator.inputs in ("one", "two") and operator.kind == "numeric"
    ),
    "categories": tuple(
        name
        for name, operator in OPERATORS.items()
        if operator.inputs in ("crossed", "grouped")
    ),
}


class GeneratedFeatures(PlanTransform):
    """Sums, ratios, crosses, counts, group and target means found by screening.

    Candidates are screened on the fold's training rows by what they tell of the
    residual of an additive baseline; only those stay that tell more than any does of
    the shuffled residual, so that often there is none. What reads the target is
    cross-fitted. See `headstart.features.screening.gate.screen_features`.
    """

    name: ClassVar[str] = "generated_features"
    order: ClassVar[int] = 40
    reads_target: ClassVar[bool] = True
    max_rows: ClassVar[int | None] = 500_000

    def columns(self, table: TableColumns, task: Task) -> Sequence[str]:
        """Return the user's columns of numbers and levels; none of very many."""
        del task
        found = [
            column.name
            for column in table.columns
            if column.holds != "text" and column.kind != "made"
        ]
        return found if 2 <= len(found) <= _MOST_COLUMNS else ()

    def promise(self, table: TableColumns, task: Task) -> float:
        """Return much where there are numbers to combine; nothing for few rows."""
        if task.n_rows < _FEW_ROWS or task.n_classes > _MOST_CLASSES:
            return 0.0
        return 0.5 if len(table.numeric) > 1 else 0.3

    def search_space(self, task: Task) -> SearchSpace:
        """Return how many are kept, and of what they are made."""
        del task
        return SearchSpace(
            {
                "n_features": Integer(3, 40, log=True),
                "families": Choice(*FAMILIES),
            },
            default=_DEFAULT,
        )

    def precedents(self, task: Task) -> Sequence[Parameters]:
        """Return many features."""
        del task
        return ({"n_features": 30},)

    def cost(self, task: Task, parameters: Parameters, n_rows: int) -> float:
        """Predict seconds: three small baselines, and screening three times."""
        del parameters
        rows = min(n_rows, 20_000)
        width = task.n_features
        n_models = max(1, task.n_classes if task.n_classes > 2 else 1)
        baseline = 0.1 * n_models + 2e-6 * rows * width * n_models
        return 0.2 + baseline + 1e-8 * rows * width**2 + 1e-7 * n_rows

    def n_outputs(self, parameters: Parameters, n_columns: int) -> int:
        """Return how many are kept, at most."""
        del n_columns
        n_features = {**_DEFAULT, **parameters}["n_features"]
        assert isinstance(n_features, int)
        return n_features

    def choose(
        self,
        task: Task,
        parameters: Parameters,
        rows: TableRows,
        resources: Resources,
    ) -> tuple[Sequence[Candidate], Sequence[float | None]]:
        """Screen candidates on the training rows, under the deadline."""
        assert rows.y is not None
        assert rows.parts is not None
        chosen = {**_DEFAULT, **parameters}
        left = resources.seconds_left()
        found = screen_features(
            rows.X,
            rows.y,
            rows.parts,
            kind=task.kind,
            n_classes=task.n_classes,
            max_features=self.n_outputs(parameters, 0),
            operators=FAMILIES[str(chosen["families"])],
            compute=Compute(
                time_limit=None if left == float("inf") else _SHARE_OF_TIME * left,
                n_threads=resources.threads,
                seed=resources.seed,
            ),
        )
        return found.candidates, found.gains


@hookimpl
def register_transforms(register: Callable[[Transform], None]) -> None:
    """Offer generated features."""
    register(GeneratedFeatures())
