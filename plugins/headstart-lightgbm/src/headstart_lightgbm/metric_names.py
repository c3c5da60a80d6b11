"""The metric to stop early by: LightGBM's nearest to the task's."""

from headstart.base import Task

__all__ = ["greater_is_better", "stopping_metric", "uses_absolute_error"]

# Of the metrics that only look at labels, LightGBM has the error rate; it moves in
# steps of one row, which makes a poor guide, so those are stopped by log loss too.
_BINARY = {"roc_auc": "auc", "average_precision": "average_precision"}
_ABSOLUTE = {"mae", "medae", "mape", "pinball"}
_GREATER_IS_BETTER = {"auc", "average_precision"}


def stopping_metric(task: Task, n_present: int, n_validation_classes: int) -> str:
    """Return LightGBM's name of the metric to stop by.

    Parameters
    ----------
    n_present : int
        Classes in the training rows, 0 for regression.
    n_validation_classes : int
        Classes in the validation rows: ranking needs two.
    """
    if n_present == 0:
        return "l1" if uses_absolute_error(task) else "rmse"
    if n_present > 2:
        return "multi_logloss"
    if n_validation_classes < 2:
        return "binary_logloss"
    return _BINARY.get(task.metric, "binary_logloss")


def uses_absolute_error(task: Task) -> bool:
    """Whether the task's metric asks for the median, not the mean."""
    return task.metric in _ABSOLUTE


def greater_is_better(name: str) -> bool:
    """Whether LightGBM's metric `name` is to be made large."""
    return name in _GREATER_IS_BETTER
