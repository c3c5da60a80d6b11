"""XGBoost as a learner: how its library is asked to boost."""

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from headstart.base import FloatArray, Matrix, Parameters, Resources, Rows, Task
from headstart.learners.boosting import (
    Portfolio,
    directions,
    number,
    quantile,
    uses_absolute_error,
)
from headstart.learners.fold_target import FoldTarget
from headstart.learners.tree_boosting import TreeBoostingLearner
from headstart.predict import BoostedTrees
from headstart_xgboost import portfolio, trees
from headstart_xgboost.metric_names import stopping_metrics

__all__ = ["XGBoost"]

_FEW_FEATURES = 4


class XGBoost(TreeBoostingLearner):
    """Gradient boosting of trees on histograms, with second-order regularisation.

    Stops early on the validation rows. Categories and missing values are handled by
    XGBoost itself. `learning_rate_scale` multiplies a rate that depends on the number
    of rows, so that one configuration fits tables of all sizes.
    """

    name: ClassVar[str] = "xgboost"
    portfolio: ClassVar[Portfolio] = portfolio
    has_monotone_quantiles: ClassVar[bool] = False

    def boost(
        self,
        task: Task,
        parameters: Parameters,
        target: FoldTarget,
        train: Rows,
        validation: Rows | None,
        resources: Resources,
    ) -> BoostedTrees:
        """Boost by the library's own rounds; see `BoostingLearner.boost`."""
        return _boost(
            self.device, task, parameters, target, train, validation, resources
        )


def _values(X: Matrix) -> FloatArray:
    return np.clip(X.values, -trees.LARGEST, trees.LARGEST)


def _types(n_features: int, categorical: Sequence[int]) -> dict[str, Any]:
    types = ["q"] * n_features
    for feature in categorical:
        types[feature] = "c"
    return {"feature_types": types, "enable_categorical": True}


def _boost(
    device: str,
    task: Task,
    parameters: Parameters,
    target: FoldTarget,
    train: Rows,
    validation: Rows | None,
    resources: Resources,
) -> BoostedTrees:
    import xgboost

    rate = portfolio.learning_rate(train.X.n_rows, parameters)
    options = _options(device, task, parameters, target, resources, rate, train.X)
    types = _types(train.X.n_features, train.X.categorical)
    data = xgboost.QuantileDMatrix(
        _values(train.X),
        train.y,
        weight=train.weight,
        nthread=resources.threads,
        max_bin=256,
        **types,
    )
    held_out = None
    metrics: dict[str, float] = {}
    if validation is not None:
        metrics = stopping_metrics(task, target.n_present, len(np.unique(validation.y)))
        if options["objective"] == "reg:quantileerror":
            metrics = {"quantile": 1.0}
        options["eval_metric"] = list(metrics)
        held_out = xgboost.DMatrix(
            _values(validation.X),
            validation.y,
            weight=validation.weight,
            nthread=resources.threads,
            **types,
        )
    booster = xgboost.Booster(options, [data] if held_out is None else [data, held_out])
    limit = portfolio.max_rounds(target.n_present, parameters)
    patience = limit if held_out is None else portfolio.patience(rate)
    best, best_loss = 0, np.inf
    for done in range(1, limit + 1):
        booster.update(data, done - 1)
        loss = -float(done)
        if held_out is not None:
            # The answer reads "[0]\teval-auc:0.91\teval-logloss:0.3".
            words = booster.eval(held_out).split(":")[1:]
            values = (float(word.split("\t")[0]) for word in words)
            loss = sum(
                factor * value
                for factor, value in zip(metrics.values(), values, strict=True)
            )
        if loss < best_loss or best == 0:
            best, best_loss = done, loss
        if done - best >= patience or resources.seconds_left() == 0.0:
            break
    return trees.from_json(bytes(booster[:best].save_raw("json")))


def _require_cuda() -> None:
    """Refuse what XGBoost would quietly do on the processor."""
    import xgboost

    if not xgboost.build_info().get("USE_CUDA"):
        raise ValueError(
            "device='gpu' needs an XGBoost that was built with CUDA; this one was not. "
            "hint: pip uninstall xgboost-cpu, then pip install xgboost"
        )


def _options(
    device: str,
    task: Task,
    parameters: Parameters,
    target: FoldTarget,
    resources: Resources,
    rate: float,
    X: Matrix,
) -> dict[str, Any]:
    ways, level = directions(parameters, X), quantile(parameters)
    if level is not None:
        objective = "reg:quantileerror"
    elif not target.is_classification:
        # XGBoost sets the leaves of a median anew after it has grown the tree, without
        # a look at monotone columns.
        median = uses_absolute_error(task) and ways is None
        objective = "reg:absoluteerror" if median else "reg:squarederror"
    else:
        objective = "binary:logistic" if target.n_present == 2 else "multi:softprob"
    options: dict[str, Any] = {
        **{k: v for k, v in parameters.items() if k in portfolio.SPACE.distributions},
        "objective": objective,
        "tree_method": "hist",
        "learning_rate": rate,
        "min_child_weight": portfolio.min_child_weight(target.n_present, parameters),
        "nthread": resources.threads,
        "seed": resources.seed,
        "max_bin": 256,
        "verbosity": 0,
    }
    del options["learning_rate_scale"]
    del options["min_child_rows"]
    if ways is not None:
        options["monotone_constraints"] = tuple(ways)
    if level is not None:
        options["quantile_alpha"] = level
    if device == "gpu":
        _require_cuda()
        options["device"] = "cuda"
    # Narrow tables are not to be learnt from one or two columns at a time.
    enough = min(1.0, _FEW_FEATURES / X.n_features)
    for name in ("colsample_bytree", "colsample_bynode"):
        options[name] = max(number(parameters, name), enough)
    if options["grow_policy"] == "lossguide":
        # As many leaves as the depth allows, but spent where they help most.
        options["max_leaves"] = 2 ** int(options["max_depth"])
        options["max_depth"] = 0
    if objective == "multi:softprob":
        options["num_class"] = target.n_present
    return options
