"""What to stop early by: CatBoost's metrics nearest to the task's."""

from headstart.base import Task
from headstart.learners.boosting import uses_absolute_error

__all__ = ["loss_function", "stopping_metrics"]

# Metrics that only look at labels move in steps of one row, which makes a poor guide:
# they are stopped by log loss. CatBoost computes average precision only approximately.
_RANKING = {"roc_auc": "AUC"}
# Ranking alone may be perfect on few validation rows after one round, which would
# leave all probabilities near the prior. On eight small tables this share of log loss
# cost no AUC on held-out rows (0.858) and took held-out log loss from 0.37 to 0.34.
_LOG_LOSS_SHARE = 0.5


def loss_function(task: Task, n_present: int, quantile: float | None = None) -> str:
    """Return CatBoost's name of the loss to boost; 0 classes mean regression."""
    if quantile is not None:
        return f"Quantile:alpha={quantile!r}"
    if n_present == 0:
        return "MAE" if uses_absolute_error(task) else "RMSE"
    return "Logloss" if n_present == 2 else "MultiClass"


def stopping_metrics(
    task: Task,
    n_present: int,
    n_validation_classes: int,
    loss: str,
    *,
    is_weighted: bool,
) -> dict[str, float]:
    """Return metrics by CatBoost's names, and factors: their sum is to be made small.

    The first is the one that CatBoost watches on a GPU.

    Parameters
    ----------
    n_present : int
        Classes in the training rows, 0 for regression.
    n_validation_classes : int
        Classes in the validation rows: ranking needs two.
    loss : str
        What is boosted, from `loss_function`.
    is_weighted : bool
        Whether the validation rows have weights: CatBoost counts them in losses, and in
        ranking where it is told to.
    """
    if n_present == 2 and n_validation_classes == 2 and task.metric in _RANKING:
        ranking = _RANKING[task.metric]
        name = f"{ranking}:use_weights=true" if is_weighted else ranking
        return {name: -1.0, loss: _LOG_LOSS_SHARE}
    return {loss: 1.0}
