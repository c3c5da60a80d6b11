"""LightGBM as a learner: how its library is asked to boost."""

from typing import Any, ClassVar

from headstart.sdk import (
    BoostedTrees,
    BoostingLearner,
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
from headstart_lightgbm import trees
from headstart_lightgbm.portfolio import PORTFOLIO

__all__ = ["LightGBM"]


class LightGBM(BoostingLearner):
    """Gradient boosting of leaf-wise trees on histograms.

    Stops early on the validation rows. Categories and missing values are handled by
    LightGBM itself. `learning_rate_scale` multiplies a rate that depends on the number
    of rows, so that one configuration fits tables of all sizes.
    """

    name: ClassVar[str] = "lightgbm"
    library: ClassVar[Library] = "lightgbm"
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
    ) -> BoostedTrees | None:
        """Return the best rounds, None where no round could be made."""
        import lightgbm

        rate = self.portfolio.learning_rate(rows.X.n_rows, task.n_classes, parameters)
        options = self._options(task, parameters, rows.X, resources)
        options["learning_rate"] = rate
        metrics: dict[str, float] = {}
        if validation is not None:
            metrics = self.stopping_words(task, validation)
            options["metric"] = list(metrics)
        data = _dataset(rows, options)
        booster = lightgbm.Booster(options, data)
        if validation is not None:
            booster.add_valid(_dataset(validation, options, data), "validation")

        def boost() -> int:
            booster.update()
            return int(booster.current_iteration())

        def loss() -> float:
            values = booster.eval_valid()
            return float(sum(metrics[name] * value for _, name, value, *_ in values))

        best = best_rounds(
            boost,
            loss if metrics else None,
            limit=self.portfolio.max_rounds(task.n_classes, parameters),
            patience=self.portfolio.patience(rate),
            resources=resources,
        )
        if best == 0:
            return None
        return trees.from_text(str(booster.model_to_string(num_iteration=best)))

    def _options(
        self, task: Task, parameters: Parameters, X: Matrix, resources: Resources
    ) -> dict[str, Any]:
        searched = self.portfolio.space.distributions
        options: dict[str, Any] = {
            **{k: v for k, v in parameters.items() if k in searched},
            "objective": self.objective_word(task),
            "metric": "None",
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
        signs = directions(task, X)
        if signs is not None:
            options["monotone_constraints"] = signs
        if task.objective.parameter is not None:
            options["alpha"] = task.objective.parameter
        if self.device == "gpu":
            options["device_type"] = "gpu"
        share = number(parameters, "feature_fraction")
        options["feature_fraction"] = max(share, enough_columns(X))
        if task.n_classes > 2:
            options["num_class"] = task.n_classes
        return options


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
