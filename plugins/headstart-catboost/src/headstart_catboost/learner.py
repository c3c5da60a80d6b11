"""CatBoost as a learner: training, prediction, storage."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from headstart.sdk import (
    ArtifactError,
    BoostingLearner,
    Choice,
    FloatArray,
    FoldTarget,
    Library,
    Matrix,
    Parameters,
    Parts,
    Portfolio,
    Resources,
    Rows,
    SearchSpace,
    Task,
    directions,
    one_part,
    require,
    softmax,
)
from headstart_catboost import model_json
from headstart_catboost.portfolio import PORTFOLIO

__all__ = ["BoostedTrees", "CatBoost"]

# CatBoost takes features in single precision.
_LARGEST = 1e38
_MISSING = b"nan"
_FEW_ROWS = 20
_RANKING = "AUC"
_WEIGHTED = {_RANKING: f"{_RANKING}:use_weights=true"}


@dataclass(frozen=True, eq=False)
class BoostedTrees:
    """The trees of a fitted model.

    Parameters
    ----------
    booster : catboost.CatBoost
    data : bytes
        The checked JSON that `booster` was loaded from.
    n_rounds : int
        Rounds that are kept.
    categorical : tuple of int
        Columns that hold categories.
    """

    booster: Any
    data: bytes
    n_rounds: int
    categorical: tuple[int, ...]


class CatBoost(BoostingLearner):
    """Gradient boosting of symmetric trees, with target statistics of categories.

    Stops early on the validation rows. Categories and missing values are handled by
    CatBoost itself. `learning_rate_scale` multiplies a rate that depends on the number
    of rows, so that one configuration fits tables of all sizes.
    """

    name: ClassVar[str] = "catboost"
    library: ClassVar[Library] = "catboost"
    portfolio: ClassVar[Portfolio] = PORTFOLIO

    def search_space(self, task: Task) -> SearchSpace:
        """Return the space; of many classes no categories are combined."""
        space = super().search_space(task)
        if task.n_classes <= 2:
            return space
        fixed = {"max_ctr_complexity": Choice(1)}
        return SearchSpace(
            {**space.distributions, **fixed}, space.default, space.conditions
        )

    def precedents(self, task: Task) -> Sequence[Parameters]:
        """Return configurations that did well on other tables, best first."""
        configurations = super().precedents(task)
        if task.n_classes <= 2:
            return configurations
        return [
            {n: v for n, v in parameters.items() if n != "max_ctr_complexity"}
            for parameters in configurations
        ]

    def fit_model(
        self,
        task: Task,
        parameters: Parameters,
        rows: Rows,
        validation: Rows | None,
        resources: Resources,
    ) -> BoostedTrees | None:
        """Return the best rounds, None where no round could be made."""
        from catboost import CatBoost as Booster

        options = self._options(task, parameters, rows.X, resources)
        held_out = None
        metrics: dict[str, float] = {}
        if validation is not None:
            metrics = self.stopping_words(task, validation)
            if rows.weight is not None and _RANKING in metrics:
                # CatBoost counts weights in losses, and in ranking where told to.
                metrics = {_WEIGHTED.get(k, k): v for k, v in metrics.items()}
            # The first is the one that CatBoost watches on a GPU.
            options["eval_metric"], *options["custom_metric"] = metrics
            # Left out, it would be on, and the model already cut by the first metric.
            options["use_best_model"] = False
            held_out = _pool(validation)
        patience = self.portfolio.patience(options["learning_rate"])
        # CatBoost itself watches one metric only. Asked only where that is not enough,
        # or there is a deadline: each call copies the history so far. CatBoost refuses
        # to be asked on a GPU.
        is_asked = self.device != "gpu" and (
            len(metrics) > 1 or resources.deadline is not None
        )
        if metrics and not is_asked:
            options["od_type"], options["od_wait"] = "Iter", patience
        booster = Booster(options)
        booster.fit(
            _pool(rows),
            eval_set=held_out,
            callbacks=[_Stop(resources, metrics, patience)] if is_asked else None,
        )
        if not booster.tree_count_:
            return None
        model = model_json.parse(_to_json(booster))
        if metrics:
            losses = _losses(booster.get_evals_result()["validation"], metrics)
            model = model_json.cut(model, int(np.argmin(losses)) + 1)
        data = model_json.render(model)
        # What is kept is loaded anew, as after a load: JSON rounds in the last bit.
        return BoostedTrees(_load(data), data, model.n_trees, rows.X.categorical)

    def _options(
        self, task: Task, parameters: Parameters, X: Matrix, resources: Resources
    ) -> dict[str, Any]:
        searched = self.portfolio.space.distributions
        options: dict[str, Any] = {
            **{k: v for k, v in parameters.items() if k in searched},
            "iterations": self.portfolio.max_rounds(task.n_classes, parameters),
            "learning_rate": self.portfolio.learning_rate(
                X.n_rows, task.n_classes, parameters
            ),
            "loss_function": self.objective_word(task),
            "boosting_type": "Plain",
            "bootstrap_type": "MVS",
            "border_count": 128,
            "thread_count": resources.threads,
            "random_seed": resources.seed,
            "logging_level": "Silent",
            "allow_writing_files": False,
        }
        del options["learning_rate_scale"]
        signs = directions(task, X)
        if signs is not None:
            # In the order of `_features`: categories come last, and have no order.
            numeric = [sign for c, sign in enumerate(signs) if c not in X.categorical]
            options["monotone_constraints"] = numeric + [0] * len(X.categorical)
        if task.n_classes > 2:
            # There is a statistic for each class and prior: one prior, and no
            # combinations, or a table of 19 classes and 35 categories takes 40 seconds,
            # not 1.
            options["simple_ctr"] = ["Borders:Prior=0.5", "Counter:Prior=0.0"]
            # The latter are set too, lest CatBoost prints that they are not.
            options["combinations_ctr"] = options["simple_ctr"]
            options["max_ctr_complexity"] = 1
        if X.n_rows < _FEW_ROWS:
            # CatBoost refuses to draw a sample from a handful of rows.
            options["bootstrap_type"] = "No"
            del options["subsample"]
        if self.device == "gpu":
            options["task_type"] = "GPU"
            # Columns cannot be drawn there, and only these statistics of categories
            # are among those that a stored model may hold.
            del options["colsample_bylevel"]
            options["simple_ctr"] = ["Borders:Prior=0.5"]
            options["combinations_ctr"] = options["simple_ctr"]
            options["max_ctr_complexity"] = 1
        return options

    def can_learn(self, X: Matrix) -> bool:
        """Whether any column has two values: CatBoost refuses constants."""
        return _varies(X.values)

    def predict_model(
        self, model: BoostedTrees, X: Matrix, target: FoldTarget
    ) -> FloatArray:
        """Return values or probabilities of the present classes, on one thread."""
        scores = np.asarray(
            model.booster.predict(
                _features(X, model.categorical),
                prediction_type="RawFormulaVal",
                thread_count=1,
            ),
            dtype=np.float64,
        )
        if not target.is_classification:
            return scores.reshape(-1)
        if target.n_present == 2:
            scores = np.column_stack([np.zeros(X.n_rows), scores])
        return softmax(scores)

    def dump_model(self, model: BoostedTrees) -> Parts:
        """Return CatBoost's JSON, without what prediction does not need."""
        columns = ",".join(map(str, model.categorical))
        return {"model.json": model.data, "categorical.txt": columns.encode()}

    def load_model(
        self, parts: Parts, n_features: int, target: FoldTarget
    ) -> BoostedTrees:
        """Return the model of `parts`, all of whose numbers have been checked."""
        other_parts = dict(parts)
        words = other_parts.pop("categorical.txt").decode("ascii")
        categorical = tuple(int(word) for word in words.split(",") if word)
        model = model_json.parse(one_part(other_parts, "model.json"))
        n_outputs = target.n_present if target.n_present > 2 else 1
        require(
            model.n_outputs == n_outputs
            and model.n_categorical == len(categorical)
            and model.n_numeric + model.n_categorical == n_features
            and list(categorical) == sorted(set(categorical))
            and all(0 <= column < n_features for column in categorical),
            "The CatBoost model does not fit its description.",
        )
        data = model_json.render(model)
        return BoostedTrees(_load(data), data, model.n_trees, categorical)


class _Stop:
    """Ends training where the loss no longer falls, and at the deadline.

    CatBoost asks after each round.
    """

    def __init__(
        self, resources: Resources, metrics: Mapping[str, float], patience: int
    ) -> None:
        self._resources = resources
        self._metrics = metrics
        self._patience = patience
        self._best, self._best_loss = 0, np.inf

    def after_iteration(self, info: Any) -> bool:
        """Return whether training goes on."""
        if self._metrics:
            loss = _losses(info.metrics["validation"], self._metrics, last=1)[0]
            if loss < self._best_loss:
                self._best, self._best_loss = info.iteration, loss
            if info.iteration - self._best >= self._patience:
                return False
        return self._resources.seconds_left() > 0.0


def _losses(
    history: Mapping[str, Sequence[float]], metrics: Mapping[str, float], last: int = 0
) -> FloatArray:
    """Return what is to be made small, of the last rounds or (0) of all."""
    return np.asarray(
        sum(
            factor * np.array(history[name][-last:]) for name, factor in metrics.items()
        )
    )


def _varies(values: FloatArray) -> bool:
    """Whether any column has two values: CatBoost refuses to learn from constants."""
    single = np.clip(values, -_LARGEST, _LARGEST).astype(np.float32)
    first = single[:1]
    same = (single == first) | (np.isnan(single) & np.isnan(first))
    return not bool(same.all())


def _features(X: Matrix, categorical: Sequence[int]) -> Any:
    """Return the table as CatBoost's: numbers first, then categories as words."""
    from catboost import FeaturesData

    columns = list(categorical)
    numeric = np.clip(np.delete(X.values, columns, axis=1), -_LARGEST, _LARGEST)
    words = None
    if columns and X.n_rows:
        values = X.values[:, columns]
        known = np.isfinite(values) & (values >= 0)
        codes = np.where(known, values, -1.0).astype(np.int64) + 1
        names = [_MISSING, *(b"%d" % code for code in range(int(codes.max())))]
        words = np.array(names, dtype=object)[codes]
    return FeaturesData(
        num_feature_data=np.ascontiguousarray(numeric, dtype=np.float32)
        if numeric.shape[1]
        else None,
        cat_feature_data=words,
    )


def _pool(rows: Rows) -> Any:
    from catboost import Pool

    features = _features(rows.X, rows.X.categorical)
    return Pool(features, label=rows.y, weight=rows.weight)


def _to_json(booster: Any) -> bytes:
    with tempfile.TemporaryDirectory(prefix="headstart-") as folder:
        path = Path(folder) / "model.json"
        booster.save_model(str(path), format="json")
        return path.read_bytes()


def _load(data: bytes) -> Any:
    from catboost import CatBoost as Booster
    from catboost import CatBoostError

    booster = Booster()
    with tempfile.TemporaryDirectory(prefix="headstart-") as folder:
        path = Path(folder) / "model.json"
        path.write_bytes(data)
        try:
            booster.load_model(str(path), format="json")
        except CatBoostError as error:
            raise ArtifactError(
                f"CatBoost refuses the stored model: {error}."
            ) from error
    return booster
