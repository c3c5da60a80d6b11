"""The metric to stop early by: CatBoost's nearest to the task's."""

from headstart.base import Task

__all__ = ["loss_function", "stopping_metric"]

# Metrics that only look at labels move in steps of one row, which makes a poor guide:
# they are stopped by log loss. CatBoost computes average precision only approximately.
_BINARY = {"roc_auc": "AUC"}
_ABSOLUTE = {"mae", "medae", "mape", "pinball"}


def loss_function(task: Task, n_present: int) -> str:
    """Return CatBoost's name of the loss to boost; 0 classes mean regression."""
    if n_present == 0:
        return "MAE" if task.metric in _ABSOLUTE else "RMSE"
    return "Logloss" if n_present == 2 else "MultiClass"


def stopping_metric(task: Task, n_present: int, n_validation_classes: int) -> str:
    """Return CatBoost's name of the metric to stop by.

    Parameters
    ----------
    n_present : int
        Classes in the training rows, 0 for regression.
    n_validation_classes : int
        Classes in the validation rows: ranking needs two.
    """
    loss = loss_function(task, n_present)
    if n_present == 2 and n_validation_classes == 2:
        return _BINARY.get(task.metric, loss)
    return loss
