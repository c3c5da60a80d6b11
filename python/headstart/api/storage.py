"""Model files: `save` and `export` of an estimator, and its constructor's record."""

import json
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from headstart.api.constructor import Estimator
from headstart.artifact.exporting import exporter_for
from headstart.artifact.model_file import save_model
from headstart.exceptions import ArtifactError, HeadstartWarning
from headstart.validation import Validation

__all__ = ["Storage", "read_parameters"]


class Storage(Estimator):
    """The methods `save` and `export`."""

    def save(self, path: str | Path) -> Path:
        """Write the fitted model to a file that loads without running code.

        Parameters
        ----------
        path : path
            A file, usually with the extension ``.headstart``, which is replaced
            atomically; or a folder (``name/``).

        Returns
        -------
        Path
            `path` as a Path.

        Warns
        -----
        HeadstartWarning
            If the file cannot hold constructor parameters: callables, splitters,
            `Learner` and `Transform` objects, random states. Parameters of a single run
            (`executor`, `run_dir`, `resume`, `learn`) are never stored.
        """
        parameters, left_out = _stored_parameters(self)
        if left_out:
            warnings.warn(
                f"The model is saved without its parameters {', '.join(left_out)}: a "
                "model file cannot hold their objects. The loaded model predicts the "
                "same, but a new fit of it would use the defaults. hint: set_params() "
                "on the loaded model.",
                HeadstartWarning,
                stacklevel=2,
            )
        constructor = {
            "class": type(self).__name__,
            "parameters": parameters,
            "feature_names": list(getattr(self, "feature_names_in_", [])) or None,
        }
        save_model(self._fitted(), path, constructor)
        return Path(path)

    def export(self, path: str | Path, format: str | None = None) -> Path:  # noqa: A002
        """Write the fitted model in a format provided by a plugin.

        For a file that headstart reads again, see `save`.

        Parameters
        ----------
        path : path
        format : str, optional
            Name of the exporter. By default the exporter for the extension of `path`.

        Returns
        -------
        Path
            `path` as a Path.

        Raises
        ------
        MissingPluginError
            If no installed plugin has such an exporter.
        """
        self._fitted()
        exporter = exporter_for(path, format)
        exporter.function(self, Path(path))
        return Path(path)


# Parameters of a single run: they do not belong to the model, and paths are private.
_OF_THE_RUN = ("executor", "run_dir", "resume", "learn")
_VALIDATION = "validation_plan"


def _stored_parameters(estimator: Estimator) -> tuple[dict[str, Any], list[str]]:
    """Return the parameters as JSON values, and the names of those left out.

    Examples
    --------
    >>> from headstart import AutoClassifier
    >>> estimator = AutoClassifier(random_state=np.int64(3), metric=max, run_dir="run")
    >>> parameters, left_out = _stored_parameters(estimator)
    >>> parameters["random_state"], left_out, "run_dir" in parameters
    (3, ['metric'], False)
    """
    parameters: dict[str, Any] = {}
    left_out = []
    for name, value in estimator.get_params(deep=False).items():
        if name in _OF_THE_RUN:
            continue
        if isinstance(value, Validation):
            parameters[_VALIDATION] = asdict(value)
            continue
        try:
            parameters[name] = json.loads(
                json.dumps(value, default=_plain, allow_nan=False)
            )
        except (TypeError, ValueError):
            left_out.append(name)
    return parameters, left_out


def _plain(value: Any) -> Any:
    """Return a NumPy scalar or array as a number or list, or raise TypeError."""
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(type(value).__name__)


def read_parameters(stored: Any, names: Iterable[str], path: Any) -> dict[str, Any]:
    """Return the constructor parameters that `_stored_parameters` wrote.

    Parameters
    ----------
    stored : object
        JSON values.
    names : iterable of str
        Parameters of the constructor; others are ignored.
    path : path
        The model file, for messages.
    """
    if not isinstance(stored, dict):
        raise ArtifactError(f"The model file {path} has no parameters.")
    parameters = {
        name: value
        for name, value in stored.items()
        if name in names and name not in _OF_THE_RUN
    }
    if _VALIDATION in stored:
        try:
            parameters["validation"] = Validation(**stored[_VALIDATION])
        except (TypeError, ValueError) as error:
            raise ArtifactError(
                f"The parameter 'validation' in the model file {path} is "
                f"invalid: {error}"
            ) from error
    return parameters
