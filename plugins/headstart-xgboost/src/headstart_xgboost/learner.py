"""XGBoost as a learner: how its library is asked to boost."""

import itertools
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from headstart.sdk import (
    BoostedTrees,
    BoostingLearner,
    FloatArray,
    Library,
    Matrix,
    Parameters,
    Portfolio,
    Resources,
    Rows,
    StoredModel,
    Task,
    best_rounds,
    directions,
    enough_columns,
    number,
)
from headstart_xgboost import trees
from headstart_xgboost.portfolio import PORTFOLIO, min_child_weight

__all__ = ["XGBoost"]


class XGBoost(BoostingLearner):
    """Gradient boosting of trees on histograms, with second-order regularisation.

    Stops early on the validation rows. Categories and missing values are handled by
    XGBoost itself. `learning_rate_scale` multiplies a rate that depends on the number
    of rows, so that one configuration fits tables of all sizes.
    """

    name: ClassVar[str] = "xgboost"
    library: ClassVar[Library] = "xgboost"
    portfolio: ClassVar[Portfolio] = PORTFOLIO
    stored_as: ClassVar[type[StoredModel]] = BoostedTrees
    has_monotone_quantiles: ClassVar[bool] = False

    def fit_model(
        self,
        task: Task,
        parameters: Parameters,
        rows: Rows,
        validation: Rows | None,
        resources: Resources,
    ) -> BoostedTrees:
        """Return the best rounds; see `FoldLearner.fit_model`."""
        import xgboost

        rate = self.portfolio.learning_rate(rows.X.n_rows, task.n_classes, parameters)
        options = self._options(task, parameters, rows.X, resources)
        options["learning_rate"] = rate
        types = _types(rows.X.n_features, rows.X.categorical)
        data = xgboost.QuantileDMatrix(
            _values(rows.X),
            rows.y,
            weight=rows.weight,
            nthread=resources.threads,
            max_bin=256,
            **types,
        )
        held_out = None
        metrics: dict[str, float] = {}
        if validation is not None:
            metrics = self.stopping_words(task, validation)
            options["eval_metric"] = list(metrics)
            held_out = xgboost.DMatrix(
                _values(validation.X),
                validation.y,
                weight=validation.weight,
                nthread=resources.threads,
                **types,
            )
        caches = [data] if held_out is None else [data, held_out]
        booster = xgboost.Booster(options, caches)
        rounds = itertools.count()

        def boost() -> int:
            n_rounds = next(rounds)
            booster.update(data, n_rounds)
            return n_rounds + 1

        def loss() -> float:
            assert held_out is not None
            # The answer reads "[0]\teval-auc:0.91\teval-logloss:0.3".
            words = booster.eval(held_out).split(":")[1:]
            values = (float(word.split("\t")[0]) for word in words)
            pairs = zip(metrics.values(), values, strict=True)
            return sum(factor * value for factor, value in pairs)

        best = best_rounds(
            boost,
            None if held_out is None else loss,
            limit=self.portfolio.max_rounds(task.n_classes, parameters),
            patience=self.portfolio.patience(rate),
            resources=resources,
        )
        return trees.from_json(bytes(booster[:best].save_raw("json")))

    def _options(
        self, task: Task, parameters: Parameters, X: Matrix, resources: Resources
    ) -> dict[str, Any]:
        searched = self.portfolio.space.distributions
        options: dict[str, Any] = {
            **{k: v for k, v in parameters.items() if k in searched},
            "objective": self.objective_word(task),
            "tree_method": "hist",
            "min_child_weight": min_child_weight(task.n_classes, parameters),
            "nthread": resources.threads,
            "seed": resources.seed,
            "max_bin": 256,
            "verbosity": 0,
        }
        del options["learning_rate_scale"]
        del options["min_child_rows"]
        signs = directions(task, X)
        if signs is not None:
            options["monotone_constraints"] = tuple(signs)
        if task.objective.parameter is not None:
            options["quantile_alpha"] = task.objective.parameter
        if self.device == "gpu":
            _require_cuda()
            options["device"] = "cuda"
        for name in ("colsample_bytree", "colsample_bynode"):
            options[name] = max(number(parameters, name), enough_columns(X))
        if options["grow_policy"] == "lossguide":
            # As many leaves as the depth allows, but spent where they help most.
            options["max_leaves"] = 2 ** int(options["max_depth"])
            options["max_depth"] = 0
        if task.n_classes > 2:
            options["num_class"] = task.n_classes
        return options


def _values(X: Matrix) -> FloatArray:
    return np.clip(X.values, -trees.LARGEST, trees.LARGEST)


def _types(n_features: int, categorical: Sequence[int]) -> dict[str, Any]:
    types = ["q"] * n_features
    for feature in categorical:
        types[feature] = "c"
    return {"feature_types": types, "enable_categorical": True}


def _require_cuda() -> None:
    """Refuse what XGBoost would quietly do on the processor."""
    import xgboost

    if not xgboost.build_info().get("USE_CUDA"):
        raise ValueError(
            "device='gpu' needs an XGBoost that was built with CUDA; this one was not. "
            "hint: pip uninstall xgboost-cpu, then pip install xgboost"
        )
