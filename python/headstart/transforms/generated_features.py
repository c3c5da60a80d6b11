"""Generated features that are more informative of the target than by chance."""

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

#: Operators by family; `"all"` has all that screening proposes.
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

    Candidates are screened on the fold's training rows by their association with the
    residual of an additive baseline. Only those are kept whose association is larger
    than that of any candidate with the shuffled residual, so often there are none.
    Features that read the target are cross-fitted. See
    `headstart.features.screening.gate.screen_features`.
    """

    name: ClassVar[str] = "generated_features"
    order: ClassVar[int] = 40
    reads_target: ClassVar[bool] = True
    max_rows: ClassVar[int | None] = 500_000

    def columns(self, table: TableColumns, task: Task) -> Sequence[str]:
        """Return the user's numeric and categorical columns; none if too many."""
        del task
        names = [
            column.name
            for column in table.columns
            if column.contents != "text" and column.kind != "made"
        ]
        return names if 2 <= len(names) <= _MOST_COLUMNS else ()

    def promise(self, table: TableColumns, task: Task) -> float:
        """Return a large prior gain for numeric columns; 0 for few rows."""
        if task.n_rows < _FEW_ROWS or task.n_classes > _MOST_CLASSES:
            return 0.0
        return 0.5 if len(table.numeric) > 1 else 0.3

    def search_space(self, task: Task) -> SearchSpace:
        """Return the space: the number of features and the family of operators."""
        del task
        return SearchSpace(
            {
                "n_features": Integer(3, 40, log=True),
                "families": Choice(*FAMILIES),
            },
            default=_DEFAULT,
        )

    def precedents(self, task: Task) -> Sequence[Parameters]:
        """Return parameters with many features."""
        del task
        return ({"n_features": 30},)

    def cost(self, task: Task, parameters: Parameters, n_rows: int) -> float:
        """Return predicted seconds of three small baselines and three screenings."""
        del parameters
        rows = min(n_rows, 20_000)
        width = task.n_features
        n_models = max(1, task.n_classes if task.n_classes > 2 else 1)
        baseline = 0.1 * n_models + 2e-6 * rows * width * n_models
        return 0.2 + baseline + 1e-8 * rows * width**2 + 1e-7 * n_rows

    def n_outputs(self, parameters: Parameters, n_columns: int) -> int:
        """Return the maximum number of features."""
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
        """Return the candidates that pass the screening on the training rows."""
        assert rows.y is not None
        assert rows.parts is not None
        complete = {**_DEFAULT, **parameters}
        seconds_left = resources.seconds_left()
        screened = screen_features(
            rows.X,
            rows.y,
            rows.parts,
            kind=task.kind,
            n_classes=task.n_classes,
            max_features=self.n_outputs(parameters, 0),
            operators=FAMILIES[str(complete["families"])],
            compute=Compute(
                time_limit=None
                if seconds_left == float("inf")
                else _SHARE_OF_TIME * seconds_left,
                n_threads=resources.threads,
                seed=resources.seed,
            ),
        )
        return screened.candidates, screened.gains


@hookimpl
def register_transforms(register: Callable[[Transform], None]) -> None:
    """Register generated features."""
    register(GeneratedFeatures())
