"""`load` and `describe`: estimators from model files."""

import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from headstart.api.estimators import AutoClassifier, AutoRegressor
from headstart.api.storage import read_parameters
from headstart.artifact.model_file import describe_model, load_model
from headstart.base import Learner, Transform
from headstart.ensemble.fitted_model import FittedModel
from headstart.exceptions import ArtifactError, HeadstartWarning

__all__ = ["describe", "load"]


def load(
    path: str | Path,
    *,
    learners: Iterable[Learner] = (),
    transforms: Iterable[Transform] = (),
) -> AutoClassifier | AutoRegressor:
    """Return a model that `save` wrote, without running code from the file.

    Parameters
    ----------
    path : path
    learners : iterable of Learner
        Learners of the model that are not installed as plugins.
    transforms : iterable of Transform
        Transforms of the model that are not installed as plugins.

    Raises
    ------
    ArtifactError
        If the file is damaged, unsafe, or from a newer headstart.
    MissingPluginError
        If the plugin of a learner or transform is not installed.

    Warns
    -----
    HeadstartWarning
        If its plugins, or scikit-learn where a part is stored in its format, have
        another version than at the fit.

    Notes
    -----
    The file is kept open, so that the model can be pickled and saved after the file is
    deleted or replaced. A folder is read into memory for the same reason.
    """
    return _estimator(path, *load_model(path, learners, transforms))


def describe(path: str | Path) -> AutoClassifier | AutoRegressor:
    """Return a model that `save` wrote without its fitted parts, so it cannot predict.

    Its ``info``, ``leaderboard``, ``precedents``, ``analysis`` and ``report`` need no
    plugins of the model.

    Raises
    ------
    ArtifactError
        If the file is damaged, unsafe, or from a newer headstart.

    Warns
    -----
    HeadstartWarning
        If a plugin that the model needs to predict is missing.
    """
    model, constructor, problem = describe_model(path)
    if problem:
        warnings.warn(problem, HeadstartWarning, stacklevel=2)
    return _estimator(path, model, constructor)


def _estimator(
    path: str | Path, model: FittedModel, constructor: Mapping[str, Any]
) -> AutoClassifier | AutoRegressor:
    """Return the estimator that a model file describes, with its model."""
    classes = {c.__name__: c for c in (AutoClassifier, AutoRegressor)}
    name = constructor.get("class")
    if not isinstance(name, str) or name not in classes:
        raise ArtifactError(
            f"The model file {path} has the class {name!r}. Expected one of "
            f"{sorted(classes)}."
        )
    estimator_class = classes[name]
    is_classification = model.ensemble.task.kind.is_classification
    if estimator_class._classification != is_classification:
        raise ArtifactError(
            f"The model file {path} has the class {name!r}, but its task is "
            f"{str(model.ensemble.task.kind)!r}."
        )
    parameters = read_parameters(
        constructor.get("parameters"), estimator_class._get_param_names(), path
    )
    names = constructor.get("feature_names")
    if names is not None and (
        not isinstance(names, list)
        or not all(isinstance(column, str) for column in names)
    ):
        raise ArtifactError(f"The model file {path} has invalid feature names.")
    estimator = estimator_class(**parameters)
    estimator.model_ = model
    estimator._describe(names)
    return estimator
