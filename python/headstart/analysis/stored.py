"""The analysis of a fitted model, as it lies in the model."""

from headstart.ensemble.fitted_model import FittedModel
from headstart.exceptions import ArtifactError
from headstart.facts import Facts

__all__ = ["read_analysis"]


def read_analysis(model: FittedModel) -> Facts:
    """Return the facts of a model's fit.

    Raises
    ------
    ArtifactError
        If the model has none, or they are damaged.
    """
    if not model.analysis:
        raise ArtifactError(
            "The model has no analysis: it was saved by an earlier headstart, or the "
            "analysis failed when it was fitted. hint: fit it again."
        )
    return Facts.from_json(model.analysis)
