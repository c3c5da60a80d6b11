"""LightGBM as a learner: how its library is asked to boost."""

from typing import Any, ClassVar

import numpy as np

from headstart.base import Matrix, Parameters, Resources, Rows, Task
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
from headstart_lightgbm import portfolio, trees
from headstart_lightgbm.metric_names import stopping_metrics

__all__ = ["LightGBM"]

_FEW_FEATURES = 4


class LightGBM(TreeBoostingLearner):
    """Gradient boosting of leaf-wise trees on histograms.

    Stops early on the validation rows. Categories and missing values are handled by
    LightGBM itself. `learning_rate_scale` multiplies a rate that depends on the number
    of rows, so that one configuration fits tables of all sizes.
    """

    name: ClassVar[str] = "lightgbm"
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
    ) -> BoostedTrees | None:
        """Boost by the library's own rounds; see `BoostingLearner.boost`."""
        return _boost(
            self.device, task, parameters, target, train, validation, resources
        )


def _boost(
    device: str,
    task: Task,
    parameters: Parameters,
    target: FoldTarget,
    train: Rows,
    validation: Rows | None,
    resources: Resources,
) -> BoostedTrees | None:
    """Return the best rounds, None where no round could be made."""
    import lightgbm

    rate = portfolio.learning_rate(train.X.n_rows, parameters)
    options = _options(device, task, parameters, target, resources, rate, train.X)
    metrics: dict[str, float] = {}
    if validation is not None:
        metrics = stopping_metrics(task, target.n_present, len(np.unique(validation.y)))
        if options["objective"] == "quantile":
            metrics = {"quantile": 1.0}
        options["metric"] = list(metrics)
    data = _dataset(train, options)
    booster = lightgbm.Booster(options, data)
    if validation is not None and metrics:
        booster.add_valid(_dataset(validation, options, data), "validation")
    limit = portfolio.max_rounds(target.n_present, parameters)
    patience = portfolio.patience(rate) if metrics else limit
    best, best_loss, last = 0, np.inf, 0
    for attempt in range(limit):
        # A round in which no split helps is not kept and counts as one without gain:
        # the next may draw other rows and columns.
        booster.update()
        loss = -float(attempt)
        if metrics:
            found = booster.eval_valid()
            loss = sum(metrics[name] * value for _, name, value, *_ in found)
        if loss < best_loss or best == 0:
            best, best_loss, last = booster.current_iteration(), loss, attempt
        if attempt - last >= patience or resources.seconds_left() == 0.0:
            break
    if best == 0:
        return None
    return trees.from_text(str(booster.model_to_string(num_iteration=best)))


def _dataset(rows: Rows, options: dict[str, Any], reference: Any = None) -> Any:
    from lightgbm import Dataset

    return Dataset(
        rows.X.values,
        rows.y,
        weight=rows.weight,
        reference=reference,
        categorical_feature=list(rows.X.categorical),
        params=options,
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
        objective = "quantile"
    elif not target.is_classification:
        # LightGBM sets the leaves of a median anew, which monotone columns forbid.
        median = uses_absolute_error(task) and ways is None
        objective = "regression_l1" if median else "regression"
    else:
        objective = "binary" if target.n_present == 2 else "multiclass"
    options: dict[str, Any] = {
        **{k: v for k, v in parameters.items() if k in portfolio.SPACE.distributions},
        "objective": objective,
        "metric": "None",
        "learning_rate": rate,
        "bagging_freq": 1,
        # LightGBM's 100 keeps small tables from using categories at all.
        "min_data_per_group": min(100, max(5, X.n_rows // 100)),
        "num_threads": resources.threads,
        "seed": resources.seed,
        "deterministic": True,
        # Without it LightGBM times both ways, which makes sums depend on the clock.
        "force_col_wise": True,
        "feature_pre_filter": False,
        "verbosity": -1,
    }
    del options["learning_rate_scale"]
    if ways is not None:
        options["monotone_constraints"] = ways
    if level is not None:
        options["alpha"] = level
    if device == "gpu":
        options["device_type"] = "gpu"
    # Narrow tables are not to be learnt from one or two columns at a time.
    enough = min(1.0, _FEW_FEATURES / X.n_features)
    share = number(parameters, "feature_fraction")
    options["feature_fraction"] = max(share, enough)
    if objective == "multiclass":
        options["num_class"] = target.n_present
    return options
