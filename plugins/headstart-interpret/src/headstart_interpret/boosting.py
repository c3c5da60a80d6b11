"""Boosting of tables by interpret-core.

Single columns first, then pairs of columns on what is left: two runs of the library, so
that pairs are looked for among few columns and not at all when time is up.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from headstart.sdk import (
    AdditiveTables,
    Bins,
    FloatArray,
    Parameters,
    Resources,
    Rows,
    Task,
    Term,
    ignore_warnings,
    link_of_classes,
)
from headstart_interpret import portfolio
from headstart_interpret.bins import bounded, learn_bins

__all__ = ["boost", "read_terms"]

_PAIR_BINS = 32
# All pairs of these many columns are looked at: 780 of 40.
_PAIR_COLUMNS = 40
_NEWTON_STEPS = 30


class _RoundsUntil(int):
    """A number of rounds that is reached early when time is up.

    The library's loop asks ``step < max_rounds * n_terms`` before each step. Its own
    way to stop, a callback, starts a server process for each fit, which would outlive
    a killed worker and needs shared memory. Should a release ask in another way, the
    deadline is missed and the fold fit is stopped from outside, no more.
    """

    resources: Resources
    first: int

    @classmethod
    def of(cls, rounds: int, resources: Resources, n_terms: int = 1) -> "_RoundsUntil":
        made = cls(rounds)
        made.resources, made.first = resources, n_terms
        return made

    def __mul__(self, other: Any) -> Any:
        return _RoundsUntil.of(int(self) * int(other), self.resources, int(other))

    def __gt__(self, steps: Any) -> bool:
        # One round for each term there is always: a model must be there.
        in_time = steps < self.first or self.resources.seconds_left() > 0.0
        return in_time and int(self) > steps


@dataclass(frozen=True, eq=False)
class _Run:
    """Training rows, then validation rows, as the library wants them."""

    values: FloatArray
    y: np.ndarray[Any, Any]
    weight: FloatArray | None
    n_train: int
    task: Task
    parameters: Parameters
    resources: Resources

    def fit(
        self,
        columns: Sequence[int],
        bins: Sequence[Bins],
        n_rounds: int | None,
        **options: Any,
    ) -> tuple[list[Term], int]:
        """Return tables on `columns`, and the rounds they took."""
        model = self._library_model(bins, n_rounds, options)
        values = self.values[:, columns]
        for place, each in enumerate(bins):
            if each.n_levels:
                values[:, place] = each.codes(values[:, place])
        bags = np.ones((len(values), 1), dtype=np.int8)
        bags[self.n_train :] = -1
        with ignore_warnings():
            # It warns of missing values and of pairs, which its graphs do not show.
            model.fit(
                bounded(values),
                self.y,
                sample_weight=self.weight,
                bags=bags,
                init_score=options.get("init_score"),
            )
        terms = read_terms(model, columns, bins)
        steps = int(model.best_iteration_[-1, 0])
        rounds = steps // max(1, len(terms))
        if self.n_train < len(self.y) and rounds > portfolio.PATIENCE:
            # It counts the steps that it made after the best, too.
            rounds -= portfolio.PATIENCE
        return terms, max(1, rounds)

    def _library_model(
        self, bins: Sequence[Bins], n_rounds: int | None, options: dict[str, Any]
    ) -> Any:
        from interpret.glassbox import (
            ExplainableBoostingClassifier,
            ExplainableBoostingRegressor,
        )

        kind = (
            ExplainableBoostingClassifier
            if self.task.kind.is_classification
            else ExplainableBoostingRegressor
        )
        rounds = portfolio.MAX_ROUNDS if n_rounds is None else n_rounds
        return kind(
            feature_types=["nominal" if b.n_levels else b.cuts.tolist() for b in bins],
            interactions=options["interactions"],
            exclude=options.get("exclude"),
            max_bins=1 << 20,
            max_interaction_bins=1 << 20,
            outer_bags=1,
            inner_bags=0,
            learning_rate=portfolio.number(self.parameters, "learning_rate"),
            greedy_ratio=portfolio.number(self.parameters, "greedy_ratio"),
            smoothing_rounds=int(portfolio.number(self.parameters, "smoothing_rounds")),
            interaction_smoothing_rounds=portfolio.PAIR_SMOOTHING,
            max_rounds=_RoundsUntil.of(rounds, self.resources),
            early_stopping_rounds=portfolio.PATIENCE,
            early_stopping_tolerance=1e-5,
            max_leaves=int(portfolio.number(self.parameters, "max_leaves")),
            min_samples_leaf=int(portfolio.number(self.parameters, "min_samples_leaf")),
            reg_lambda=portfolio.number(self.parameters, "reg_lambda"),
            cat_smooth=portfolio.number(self.parameters, "cat_smooth"),
            n_jobs=1,
            random_state=self.resources.seed,
        )


def read_terms(model: Any, columns: Sequence[int], bins: Sequence[Bins]) -> list[Term]:
    """Return the tables of a fitted model of the library.

    Parameters
    ----------
    model : ExplainableBoostingClassifier or ExplainableBoostingRegressor
        Fitted on the columns alone, cut as `bins` say.
    columns : sequence of int
        What its columns are called in the terms.
    bins : sequence of Bins
        One a column.
    """
    terms = []
    for features, scores in zip(model.term_features_, model.term_scores_, strict=True):
        sides = tuple(bins[place] for place in features)
        table = np.asarray(scores, dtype=np.float64)
        for axis, place in enumerate(features):
            if bins[place].n_levels:
                levels = model.bins_[place][0]
                table = _in_order_of_codes(table, axis, levels, bins[place].size)
        shape = (*(each.size for each in sides), -1)
        chosen = tuple(columns[place] for place in features)
        terms.append(Term(chosen, sides, table.reshape(shape)))
    return terms


def boost(
    parameters: Parameters,
    train: Rows,
    validation: Rows | None,
    task: Task,
    resources: Resources,
) -> AdditiveTables | None:
    """Return the tables, None where every column is constant."""
    X = train.X
    levels = dict(zip(X.categorical, X.n_levels, strict=True))
    max_bins = int(portfolio.number(parameters, "max_bins"))
    learnt = {
        column: learn_bins(X.values[:, column], max_bins, levels.get(column))
        for column in range(X.n_features)
    }
    bins = {column: each for column, each in learnt.items() if each is not None}
    if not bins:
        return None
    run = _prepare(parameters, train, validation, task, resources)
    columns = sorted(bins)
    terms, rounds = run.fit(
        columns,
        [bins[column] for column in columns],
        _given(parameters, "n_rounds"),
        interactions=0,
    )
    pair_rounds = 0
    n_pairs = round(portfolio.number(parameters, "interactions") * X.n_features)
    if n_pairs and len(columns) > 1 and resources.seconds_left() > 0.0:
        so_far = AdditiveTables(np.zeros(_n_outputs(task)), terms, X.n_features)
        scores = so_far.scores(run.values)
        strongest = _strongest(so_far, run.values[: run.n_train])
        # What a column can be cut into, it can be cut into more coarsely.
        pair_bins = [
            learn_bins(X.values[:, column], _PAIR_BINS, levels.get(column))
            for column in strongest
        ]
        pairs, pair_rounds = run.fit(
            strongest,
            [each for each in pair_bins if each is not None],
            _given(parameters, "n_pair_rounds"),
            interactions=min(n_pairs, len(strongest) * (len(strongest) - 1) // 2),
            exclude="mains",
            init_score=scores + _intercept(scores[: run.n_train], train, task)
            if scores.shape[1] > 1
            else (scores + _intercept(scores[: run.n_train], train, task))[:, 0],
        )
        terms = [*terms, *pairs]
    tables = AdditiveTables(np.zeros(_n_outputs(task)), terms, X.n_features)
    # The library's own intercept has seen the validation rows' target.
    intercept = _intercept(tables.scores(X.values), train, task)
    link = link_of_classes(task.n_classes)
    return replace(tables, intercept=intercept, link=link, rounds=(rounds, pair_rounds))


def _prepare(
    parameters: Parameters,
    train: Rows,
    validation: Rows | None,
    task: Task,
    resources: Resources,
) -> _Run:
    parts = [train] if validation is None else [train, validation]
    weight = None
    if any(part.weight is not None for part in parts):
        weight = np.concatenate(
            [
                np.ones(len(part.y)) if part.weight is None else part.weight
                for part in parts
            ]
        )
    return _Run(
        np.concatenate([part.X.values for part in parts]),
        np.concatenate([part.y for part in parts]),
        weight,
        len(train.y),
        task,
        parameters,
        resources,
    )


def _n_outputs(task: Task) -> int:
    return task.n_classes if task.n_classes > 2 else 1


def _given(parameters: Parameters, name: str) -> int | None:
    return int(portfolio.number(parameters, name)) if name in parameters else None


def _in_order_of_codes(
    table: FloatArray, axis: int, levels: dict[str, int], size: int
) -> FloatArray:
    """Return the table with an entry for each code; the library sorts them as words."""
    # Codes that it has not seen are unknown to it: they have its last entry.
    places = np.full(size, table.shape[axis] - 1)
    places[0] = 0
    for word, place in levels.items():
        places[int(float(word)) + 1] = place
    return np.take(table, places, axis=axis)


def _strongest(tables: AdditiveTables, values: FloatArray) -> list[int]:
    """Return the columns whose tables say most, in their own order."""
    spread = {
        term.features[0]: float(replace(tables, terms=[term]).scores(values).std())
        for term in tables.terms
    }
    ranked = sorted(spread, key=lambda column: (-spread[column], column))
    return sorted(ranked[:_PAIR_COLUMNS])


def _intercept(scores: FloatArray, train: Rows, task: Task) -> FloatArray:
    """Return what to add to the scores for the training rows to be met on average."""
    weight = np.ones(len(train.y)) if train.weight is None else train.weight
    weight = weight / weight.sum()
    if not task.kind.is_classification:
        return np.array([weight @ (train.y - scores[:, 0])])
    targets = np.eye(task.n_classes)[train.y.astype(np.int64)]
    intercept = np.zeros(scores.shape[1])
    for _ in range(_NEWTON_STEPS):
        log_odds = scores + intercept
        if scores.shape[1] == 1:
            log_odds = np.column_stack([np.zeros(len(scores)), log_odds])
        share = np.exp(log_odds - log_odds.max(axis=1, keepdims=True))
        share /= share.sum(axis=1, keepdims=True)
        slope = weight @ (targets - share)
        curvature = weight @ (share * (1 - share))
        # Bounded: classes that are told apart have next to no curvature.
        step = np.clip(slope / np.maximum(curvature, 1e-6), -1.0, 1.0)
        intercept = intercept + (step[1:] if scores.shape[1] == 1 else 0.7 * step)
        if np.abs(step).max() < 1e-9:
            break
    return intercept
