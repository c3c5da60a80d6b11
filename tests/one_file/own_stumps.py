"""A booster in one file: stumps on the gradient of the task's loss."""

from dataclasses import dataclass

import numpy as np

from headstart.sdk import (
    BoostingLearner,
    CostLaw,
    Float,
    LearningRate,
    Portfolio,
    SearchSpace,
    TaskKind,
    View,
    best_rounds,
    directions,
    hookimpl,
    one_part,
    pack_arrays,
    require,
    unpack_arrays,
)

_PART = "stumps.npz"
_FORM = {"columns": ("i", 1), "cuts": ("f", 1), "steps": ("f", 2), "start": ("f", 0)}


@dataclass(frozen=True, eq=False)
class Stumps:
    columns: np.ndarray
    cuts: np.ndarray
    steps: np.ndarray
    start: float

    @property
    def n_rounds(self):
        return len(self.columns)

    def scores(self, X):
        total = np.full(len(X), self.start)
        for column, cut, step in zip(self.columns, self.cuts, self.steps, strict=True):
            total += np.where(X[:, column] > cut, step[1], step[0])
        return total


class OwnStumps(BoostingLearner):
    """Boosted stumps, for two classes and values."""

    name = "own_stumps"
    tasks = frozenset({TaskKind.BINARY, TaskKind.REGRESSION})
    view = View("raw", "one_hot", "imputed")
    portfolio = Portfolio(
        SearchSpace(
            {"learning_rate_scale": Float(0.5, 2.0, log=True)},
            default={"learning_rate_scale": 1.0},
        ),
        precedents=({"learning_rate_scale": 2.0},),
        rate=LearningRate(lowest=0.1, highest=0.3, at_2000=0.2, power=0.1),
        most_rounds=200,
        cost=CostLaw(
            seconds=1e-4,
            rows=(0.5, 1.0),
            columns=1.0,
            classes=1.0,
            regression=1.0,
            size=lambda parameters: 1.0,
            slowness=-1.0,
        ),
    )

    def fit_model(self, task, parameters, rows, validation, resources):
        rate = self.portfolio.learning_rate(len(rows.y), task.n_classes, parameters)
        ways = directions(task, rows.X) or [0] * rows.X.n_features
        X, y = rows.X.values, np.asarray(rows.y, dtype=float)
        weight = np.ones(len(y)) if rows.weight is None else rows.weight
        mean = np.average(y, weights=weight)
        start = float(np.log(mean / (1 - mean)) if task.n_classes else mean)
        scores, made = np.full(len(y), start), []
        held_out = None
        if validation is not None:
            held_out = np.full(len(validation.y), start)

        def boost():
            wanted = y - expected(scores, task)
            column, cut, step = best_stump(X, wanted, weight, ways)
            made.append((column, cut, rate * step))
            scores[:] += np.where(X[:, column] > cut, *(rate * step[::-1]))
            if held_out is not None:
                above = validation.X.values[:, column] > cut
                held_out[:] += np.where(above, *(rate * step[::-1]))
            return len(made)

        def loss():
            p = expected(held_out, task)
            if task.objective.loss == "log_loss":
                hit = np.where(validation.y == 1, p, 1 - p)
                return float(-np.log(np.clip(hit, 1e-9, 1)).mean())
            return float(((validation.y - p) ** 2).mean())

        best = best_rounds(
            boost,
            None if validation is None else loss,
            limit=self.portfolio.max_rounds(task.n_classes, parameters),
            patience=self.portfolio.patience(rate),
            resources=resources,
        )
        columns, cuts, steps = zip(*made[:best], strict=True)
        return Stumps(np.array(columns), np.array(cuts), np.array(steps), start)

    def predict_model(self, model, X, target):
        scores = model.scores(X.values)
        return 1 / (1 + np.exp(-scores)) if target.is_classification else scores

    def dump_model(self, model):
        arrays = {
            "columns": model.columns,
            "cuts": model.cuts,
            "steps": model.steps,
            "start": np.array(model.start),
        }
        return {_PART: pack_arrays(arrays)}

    def load_model(self, parts, n_features, target):
        arrays = unpack_arrays(one_part(parts, _PART), _FORM)
        n_rounds = len(arrays["columns"])
        require(
            arrays["cuts"].shape == (n_rounds,)
            and arrays["steps"].shape == (n_rounds, 2)
            and bool(
                np.all((arrays["columns"] >= 0) & (arrays["columns"] < n_features))
            )
            and all(np.isfinite(arrays[name]).all() for name in ("steps", "start")),
            "The stumps do not fit their columns.",
        )
        return Stumps(
            arrays["columns"], arrays["cuts"], arrays["steps"], float(arrays["start"])
        )


def expected(scores, task):
    return 1 / (1 + np.exp(-scores)) if task.n_classes else scores


def best_stump(X, wanted, weight, ways):
    best = (np.inf, 0, np.inf, np.zeros(2))
    for column in range(X.shape[1]):
        for cut in np.unique(np.quantile(X[:, column], np.arange(1, 16) / 16)):
            above = X[:, column] > cut
            if not above.any() or above.all():
                continue
            step = np.array(
                [np.average(wanted[s], weights=weight[s]) for s in (~above, above)]
            )
            if (step[1] - step[0]) * ways[column] < 0:
                continue
            loss = np.sum(weight * (wanted - np.where(above, step[1], step[0])) ** 2)
            if loss < best[0]:
                best = (loss, column, cut, step)
    return best[1:]


@hookimpl
def register_learners(register):
    register(OwnStumps())
