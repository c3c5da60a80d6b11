"""AutoClassifier and AutoRegressor: headstart as scikit-learn estimators."""

import copy
import json
import time
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import asdict, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.exceptions import DataConversionWarning
from sklearn.utils.validation import check_is_fitted

from headstart.analysis import analyse_run, changed_parameters, read_analysis
from headstart.artifact.exporting import exporter_for
from headstart.artifact.model_file import describe_model, load_model, save_model
from headstart.artifact.versions import versions_of_makers
from headstart.base import Configuration, FloatArray, Learner, Transform
from headstart.base.events import Listener
from headstart.display.progress import progress_listener
from headstart.ensemble.fitted_model import FittedModel
from headstart.exceptions import ArtifactError, HeadstartWarning
from headstart.facts import Facts
from headstart.findings.target import TargetColumn
from headstart.metrics import Metric, metric_names, resolve_metric
from headstart.metrics.evaluation import score_each
from headstart.plugins import load_plugins
from headstart.report.writing import write_report
from headstart.search.fit import fit_model
from headstart.search.leaderboard import COLUMNS
from headstart.search.run.problem import read_weight
from headstart.search.run.settings import FitSettings
from headstart.tables import (
    TargetEncoder,
    describe_unseen,
    feature_names,
    name_of_target,
    split_target,
    to_frame,
    to_series,
    with_known_target,
)
from headstart.validation import Validation

__all__ = ["AutoClassifier", "AutoRegressor", "load", "train"]

_PARAMETERS = """\
    Parameters
    ----------
    time_limit : float or None, default=300
        Wall seconds for the whole of `fit`. None only together with `max_trials`.
    max_trials : int, optional
        Configurations to try. Those that fail do not count, but end the search when
        they are twice as many (and at least 20). Without a time limit the result
        depends on data, settings and `random_state` only.
    metric : str, callable or scorer, optional
        What to optimise: a name (built in, or of a plugin), a
        `sklearn.metrics.make_scorer` result, or ``f(y_true, y_pred) -> float``, greater
        is better. Default: ROC AUC for two classes, log loss for more, RMSE for
        regression.
    validation : "auto", Validation, splitter or str, default="auto"
        How rows are held out: a `headstart.Validation`, any scikit-learn splitter, or
        the name of one that a plugin brings.
    learners : list of str or Learner, optional
        Names to use, names to leave out (``"-svm"``), or `Learner` objects.
    transforms : list of str or Transform, optional
        Steps from table to table that the search may put before a learner: names to
        offer, which are tried at once, names to leave out (``"-text_svd"``), or
        `Transform` objects. Default: all that are installed. ``[]``: none.
    columns : mapping of str to str, optional
        Kinds that override the inferred ones, ``{"zip": "categorical"}``.
    n_jobs : int, optional
        Fold fits at once. Default: the cores this process may use.
    memory_limit : float or str, optional
        Bytes for all workers together, or a text such as ``"4GB"``. Default: 85 % of
        what is free.
    executor : concurrent.futures.Executor, optional
        Where fold fits run. Default: headstart's own worker processes.
    random_state : int or RandomState, optional
        Fixes folds, seeds of learners, and the sampler.
    run_dir : path, optional
        Folder for journal, predictions and fold models. The fitted estimator reads
        its models from there: `save` it before the folder is deleted. Default: a
        temporary one, removed with the model.
    resume : bool, default=False
        Go on with the run in `run_dir`.
    refit : bool, default=False
        Fit each chosen configuration once more on all rows, and keep these models
        instead of the fold models: smaller and quicker, usually a little less exact.
        Where folds follow time this is always done, for the sake of the newest rows.
    learn : bool, default=False
        Add what this run measured to your own knowledge base, on this machine, so that
        later searches on such tables start from it. What is stored is said: scores,
        seconds and numbers that describe the table, never its rows or names of columns.
"""


class _AutoEstimator(BaseEstimator):  # type: ignore[misc]  # scikit-learn is untyped
    _classification = False

    def __init__(
        self,
        *,
        time_limit: float | None = 300,
        max_trials: int | None = None,
        metric: Any = None,
        validation: Any = "auto",
        learners: Sequence[str | Learner] | None = None,
        transforms: Sequence[str | Transform] | None = None,
        columns: Mapping[str, str] | None = None,
        n_jobs: int | None = None,
        memory_limit: float | str | None = None,
        executor: Executor | None = None,
        random_state: Any = None,
        run_dir: str | Path | None = None,
        resume: bool = False,
        refit: bool = False,
        learn: bool = False,
    ) -> None:
        self.time_limit = time_limit
        self.max_trials = max_trials
        self.metric = metric
        self.validation = validation
        self.learners = learners
        self.transforms = transforms
        self.columns = columns
        self.n_jobs = n_jobs
        self.memory_limit = memory_limit
        self.executor = executor
        self.random_state = random_state
        self.run_dir = run_dir
        self.resume = resume
        self.refit = refit
        self.learn = learn

    def fit(
        self,
        X: Any,
        y: Any = None,
        sample_weight: Any = None,
        groups: Any = None,
        *,
        listeners: Sequence[Listener] | None = None,
    ) -> Self:
        """Search for the best model within the budget.

        Parameters
        ----------
        X : table of shape (n_rows, n_columns)
            pandas, polars, pyarrow, NumPy, scipy.sparse, or a path to a CSV, Parquet
            or Arrow file.
        y : vector of length n_rows, or str
            The target, or the name of its column in `X`.
        sample_weight : vector of length n_rows, optional
            Weights, not negative.
        groups : vector of length n_rows or str, optional
            Rows of one group are never split between training and validation. A
            string names a column of `X`. Folds by time and splitters that would part a
            group are refused.
        listeners : sequence of Listener, optional
            Called with every event of the run, in place of the progress display.

        Returns
        -------
        self

        Raises
        ------
        HeadstartError
            What is wrong with the data, the settings, or every trial.
        KeyboardInterrupt
            If Ctrl-C came before any trial had finished. Later, Ctrl-C ends the
            search, and the best model so far is kept.
        """
        return self._search(X, y, sample_weight, groups, listeners)

    def _search(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        groups: Any,
        listeners: Sequence[Listener] | None,
        *,
        target_column: TargetColumn = TargetColumn(),
        started: float | None = None,
    ) -> Self:
        """Fit, in the time since `started`; tell how the target was read."""
        started = time.monotonic() if started is None else started
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is "
                "None. hint: a vector, or the name of a column of X."
            )
        if isinstance(y, str):
            X, y = split_target(to_frame(X), y)
        if getattr(y, "ndim", 1) == 2:
            warnings.warn(
                "A column-vector y was passed when a 1d array was expected. Please "
                "change the shape of y to (n_samples,), for example using ravel().",
                DataConversionWarning,
                stacklevel=3,
            )
        display = progress_listener() if listeners is None else None
        if listeners is None:
            listeners = [] if display is None else [display]
        settings = FitSettings(
            **{name: getattr(self, name) for name in FitSettings.__dataclass_fields__}
        )
        names = feature_names(X)
        try:
            model = fit_model(
                settings,
                X,
                y,
                classification=self._classification,
                sample_weight=sample_weight,
                groups=groups,
                listeners=listeners,
                analyse=partial(
                    analyse_run,
                    target=name_of_target(y),
                    created=datetime.now(tz=UTC).date().isoformat(),
                    changed=changed_parameters(self),
                    of_rows={
                        "groups": groups,
                        "sample_weight": _name_or_self(sample_weight),
                    },
                ),
                started=started,
                target_column=target_column,
            )
        finally:
            if display is not None:
                display.close()
        facts = {
            "target": name_of_target(y) or None,
            **model.facts,
            "versions": _versions(model),
        }
        self.model_ = replace(model, facts=facts)
        self._describe(names)
        return self

    def predict(self, X: Any) -> NDArray[Any]:
        """Predict labels or values.

        Parameters
        ----------
        X : table of shape (n_rows, n_columns)
            Columns are matched by name; their order does not matter. NumPy arrays are
            matched by position.

        Returns
        -------
        ndarray of shape (n_rows,)

        Raises
        ------
        ColumnError
            If a column is missing, or holds what its kind does not allow.

        Warns
        -----
        HeadstartWarning
            How many values of which columns training did not have.
        """
        model = self._fitted()
        return model.labels(self._outputs(model, X))

    def evaluate(
        self,
        X: Any,
        y: Any = None,
        metrics: Sequence[str | Callable[..., Any]] | None = None,
        sample_weight: Any = None,
    ) -> dict[str, float]:
        """Score predictions by several metrics.

        Parameters
        ----------
        X, y : table and vector, or table and name of the target's column
        metrics : sequence of str or callable, optional
            As in the constructor. Default: every built-in metric for this kind of
            task, and the metric of the fit where it is another one.
        sample_weight : vector or str, optional
            Weights of the rows; a string names a column of `X`.

        Returns
        -------
        dict of str to float
            By name of metric; NaN where a metric cannot be computed for these rows.

        Raises
        ------
        ValueError
            If there is no such metric.
        HeadstartError
            If the table, the target or the weights are not as expected.

        Warns
        -----
        HeadstartWarning
            Which metrics could not be computed, and why; which take no weights.
        """
        model = self._fitted()
        if isinstance(sample_weight, str):
            X, sample_weight = split_target(to_frame(X), sample_weight)
        if isinstance(y, str):
            X, y = split_target(to_frame(X), y)
        kind, classes = model.ensemble.task.kind, model.target.classes
        if metrics is None:
            chosen = [resolve_metric(name, kind) for name in metric_names(kind)]
            own = self._own_metric(model)
            chosen += [] if own is None else [own]
        else:
            chosen = [resolve_metric(metric, kind, classes) for metric in metrics]
        outputs = model.predict_outputs(X)
        codes = model.target.encode(y)
        weight = read_weight(sample_weight, codes.size)
        prediction = outputs[:, 0] if outputs.shape[1] == 1 else outputs
        scores, problems = score_each(chosen, codes, prediction, weight)
        if problems:
            warnings.warn(" ".join(problems), HeadstartWarning, stacklevel=2)
        return scores

    def _own_metric(self, model: FittedModel) -> Metric | None:
        """Return the metric of the fit, None if it is built in or not at hand."""
        kind = model.ensemble.task.kind
        if self.metric is None or self.metric in metric_names(kind):
            return None
        try:
            return resolve_metric(self.metric, kind, model.target.classes)
        except (TypeError, ValueError):  # of a plugin that is not installed here
            return None

    def leaderboard(self) -> pl.DataFrame:
        """Return all trials ranked, best first, failures last with their reasons.

        Scores are means over folds, in the metric's own direction; `weight` is the
        trial's share in the final ensemble.
        """
        schema = {
            "rank": pl.Int64,
            "folds": pl.Int64,
            **dict.fromkeys(
                ("score", "std_error", "fit_seconds", "predict_seconds", "weight"),
                pl.Float64,
            ),
        }
        records = list(self._fitted().leaderboard)
        return pl.DataFrame(
            records, schema={name: schema.get(name, pl.String) for name in COLUMNS}
        )

    def precedents(self) -> pl.DataFrame:
        """Return which known datasets spoke for which configurations.

        Returns
        -------
        DataFrame
            A row a configuration that the knowledge base proposed, and a dataset that
            spoke for it: ``learner``, ``configuration`` (JSON), ``dataset``, ``weight``
            (its share of the expected gain), ``rank`` (the configuration's place among
            the ``n_ranked`` that were evaluated on that dataset). No rows where the
            search had no base to go by.
        """
        return pl.DataFrame(
            list(self._fitted().facts.get("precedents", ())),
            schema={
                "learner": pl.String,
                "configuration": pl.String,
                "dataset": pl.String,
                "weight": pl.Float64,
                "rank": pl.Int64,
                "n_ranked": pl.Int64,
            },
        )

    def info(self) -> dict[str, Any]:
        """Return what is known of the fitted model, JSON-able."""
        model = self._fitted()
        return {
            "class": type(self).__name__,
            "task": model.ensemble.task.kind.value,
            "classes": None
            if model.target.classes is None
            else model.target.classes.tolist(),
            **{k: v for k, v in model.facts.items() if k != "precedents"},
            "columns": model.facts.get("columns")
            or [
                {"name": c.name, "kind": c.kind.value, "reason": c.reason}
                for c in model.schema.columns
            ],
            "members": [
                {
                    "learner": member.configuration.learner,
                    "parameters": dict(member.configuration.parameters),
                    **_steps_record(member.configuration),
                    "weight": member.weight,
                    "models": len(member.fits),
                }
                for member in model.ensemble.members
            ],
        }

    def analysis(self) -> Facts:
        """Return the facts of the fit: what was found, how good it is, and why.

        They were made at the end of `fit` and lie in the model file; a few single rows
        of the training table are among them where ``headstart[explain]`` is installed.

        Returns
        -------
        Facts
            See `headstart.report.Facts`; what is missing is told in its ``notes``.

        Raises
        ------
        ArtifactError
            If the model has none, or they are damaged.
        """
        return read_analysis(self._fitted())

    def report(self, path: str | Path, format: str | None = None) -> Path:  # noqa: A002
        """Write what the fit found as a page, a model card or JSON.

        Parameters
        ----------
        path : path
            A file that ends in ``.html`` (a page that needs no network), ``.md`` or
            ``.json``; replaced where it is there.
        format : {"html", "json", "md"}, optional
            By default, the one of the path's ending.

        Returns
        -------
        Path
            Where it lies.

        Raises
        ------
        ArtifactError
            If the model has no analysis, see `analysis`.
        ValueError
            If there is no such format, or the ending names none.
        """
        return write_report(self.analysis(), path, format)

    def save(self, path: str | Path) -> Path:
        """Write the fitted model to a file that loads without running code.

        Parameters
        ----------
        path : path
            A file, usually ending in ``.headstart``, replaced at once; or a folder
            (``name/``).

        Returns
        -------
        Path
            Where it lies.

        Warns
        -----
        HeadstartWarning
            Which constructor parameters the file cannot hold: callables, splitters,
            `Learner` and `Transform` objects, random states. Where a run takes place
            (`executor`, `run_dir`, `resume`, `learn`) is never stored.
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
        """Write the fitted model in a form that a plugin brings.

        For a file that headstart reads again, see `save`.

        Parameters
        ----------
        path : path
        format : str, optional
            Name of the exporter. By default the one for files of the ending of `path`.

        Returns
        -------
        Path
            Where it lies.

        Raises
        ------
        MissingPluginError
            If no installed plugin brings such an exporter.
        """
        self._fitted()
        exporter = exporter_for(path, format)
        exporter.function(self, Path(path))
        return Path(path)

    @property
    def task_kind_(self) -> str:
        """``"binary"``, ``"multiclass"`` or ``"regression"``."""
        return self._fitted().ensemble.task.kind.value

    @property
    def metric_(self) -> str:
        """Name of the metric that was optimised."""
        return str(self._fitted().facts["metric"])

    def __sklearn_clone__(self) -> Self:
        """Return an unfitted copy that shares the executor, which cannot be copied."""
        bare = copy.copy(self)
        bare.executor = None
        clone: Self = BaseEstimator.__sklearn_clone__(bare)
        clone.executor = self.executor
        return clone

    def _fitted(self) -> FittedModel:
        check_is_fitted(self, "model_")
        model: FittedModel = self.model_
        return model

    def _outputs(self, model: FittedModel, X: Any) -> FloatArray:
        """Predict; values that training did not have are counted and told."""
        if isinstance(X, str | Path):
            X = to_frame(X, read_as_text=model.schema.read_as_text)
        outputs, unseen = model.predict_and_count(X)
        if unseen:
            warnings.warn(
                describe_unseen(unseen, len(outputs)), HeadstartWarning, stacklevel=3
            )
        return outputs

    def _describe(self, names: Sequence[str] | None) -> None:
        """Set scikit-learn's fitted attributes."""
        self.n_features_in_ = len(self.model_.schema.columns)
        if names is not None:
            self.feature_names_in_ = np.array(names, dtype=object)
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_
        if self._classification:
            self.classes_ = self.model_.target.classes

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "model_")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.sparse = True
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        tags.target_tags.required = True
        tags.non_deterministic = self.time_limit is not None
        return tags


# Parameters that say where a run takes place: they are not those of the model, and a
# path is nobody else's business.
_OF_THE_RUN = ("executor", "run_dir", "resume", "learn")
_VALIDATION = "validation_plan"


def _stored_parameters(estimator: _AutoEstimator) -> tuple[dict[str, Any], list[str]]:
    """Return the parameters as JSON values, and names of those that are not.

    Examples
    --------
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
    """Return a number or a list for what NumPy has of them; refuse the rest."""
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(type(value).__name__)


def _read_parameters(stored: Any, known: Iterable[str], path: Any) -> dict[str, Any]:
    """Return the constructor parameters that `_stored_parameters` wrote."""
    if not isinstance(stored, dict):
        raise ArtifactError(f"The model file {path} has no parameters.")
    parameters = {
        name: value
        for name, value in stored.items()
        if name in known and name not in _OF_THE_RUN
    }
    if _VALIDATION in stored:
        try:
            parameters["validation"] = Validation(**stored[_VALIDATION])
        except (TypeError, ValueError) as error:
            raise ArtifactError(
                f"The validation in the model file {path} is wrong: {error}"
            ) from error
    return parameters


def _steps_record(configuration: Configuration) -> dict[str, Any]:
    """Return the transforms of a member, where it has any."""
    steps = [step.to_record() for step in configuration.transforms]
    return {"transforms": steps} if steps else {}


def _versions(model: FittedModel) -> dict[str, str]:
    """Return the versions of what made `model`."""
    registry = load_plugins()
    learners = {m.configuration.learner for m in model.ensemble.members}
    origins = {registry.distribution_of(name) for name in learners}
    steps = model.ensemble.transforms
    origins |= {registry.distribution_of(name, "transforms") for name in steps}
    return versions_of_makers(origins - {""})


class AutoClassifier(ClassifierMixin, _AutoEstimator):  # type: ignore[misc]
    __doc__ = f"""The best classifier found within a budget.

{_PARAMETERS}
    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        Where the table had names.
    model_ : FittedModel

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from headstart import AutoClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> model = AutoClassifier(
    ...     time_limit=None, max_trials=1, learners=["logistic"], random_state=0
    ... )
    >>> model.fit(X, y).predict(X[:2])
    array([0, 0])
    """

    _classification = True

    def predict_proba(self, X: Any) -> FloatArray:
        """Predict probabilities, columns in the order of `classes_`.

        Returns
        -------
        ndarray of shape (n_rows, n_classes)
        """
        model = self._fitted()
        return model.chances(self._outputs(model, X))


class AutoRegressor(RegressorMixin, _AutoEstimator):  # type: ignore[misc]
    __doc__ = f"""The best regressor found within a budget.

{_PARAMETERS}
    Attributes
    ----------
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        Where the table had names.
    model_ : FittedModel

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from headstart import AutoRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = AutoRegressor(
    ...     time_limit=None, max_trials=1, learners=["ridge"], random_state=0
    ... )
    >>> model.fit(X, y).predict(X[:2]).shape
    (2,)
    """


def train(
    data: Any,
    *,
    target: str,
    task: str | None = None,
    groups: Any = None,
    sample_weight: Any = None,
    listeners: Sequence[Listener] | None = None,
    **parameters: Any,
) -> AutoClassifier | AutoRegressor:
    """Fit on one table; whether to classify is read off the target, or told.

    Parameters
    ----------
    data : table or path
        Features and target together.
    target : str
        Name of the target's column. Rows without a target are left out, with a
        warning.
    task : {"classification", "regression"}, optional
        If not told: text, booleans, categoricals and integers with few values are
        classes; other numbers are regression, as is text of many different numbers
        ("€ 1,029.50"). Where whole numbers leave it open, what they were taken for is
        told.
    groups, sample_weight : vector or str, optional
        A string names a column of `data`; the weights' column is not a feature.
    listeners : sequence of Listener, optional
    **parameters
        Of `AutoClassifier`.

    Returns
    -------
    AutoClassifier or AutoRegressor
        Fitted.

    Raises
    ------
    HeadstartError, ValueError
        As `AutoClassifier.fit`; also if `task` is another word.
    """
    started = time.monotonic()
    if task not in (None, "classification", "regression"):
        raise ValueError(
            "The 'task' parameter must be 'classification', 'regression' or None. "
            f"Got {task!r} instead."
        )
    frame = to_frame(data)
    if isinstance(sample_weight, str):
        frame, sample_weight = split_target(frame, sample_weight, "weight")
    X, y, known = with_known_target(*split_target(frame, target))
    left_out = known.len() - X.height
    if left_out:
        groups, sample_weight = _of_rows(known, groups), _of_rows(known, sample_weight)
        warnings.warn(
            f"{left_out:,} of {known.len():,} rows have no {target!r} "
            "and are left out.",
            HeadstartWarning,
            stacklevel=2,
        )
    kind = TargetEncoder.learn(y, task).kind
    estimator = AutoClassifier if kind.is_classification else AutoRegressor
    model: AutoClassifier | AutoRegressor = estimator(**parameters)
    return model._search(
        X,
        y,
        sample_weight,
        groups,
        listeners,
        target_column=TargetColumn(left_out, is_guessed=task is None),
        started=started,
    )


def _name_or_self(values: Any) -> Any:
    """Return the name of the column that values are of; themselves without one."""
    return values if values is None else name_of_target(values) or values


def _of_rows(known: pl.Series, values: Any) -> Any:
    """Return what is told of each row for the rows that are used."""
    if values is None or isinstance(values, str):
        return values
    series = to_series(values, "values")
    return series.filter(known) if series.len() == known.len() else values


def load(
    path: str | Path,
    *,
    learners: Iterable[Learner] = (),
    transforms: Iterable[Transform] = (),
) -> AutoClassifier | AutoRegressor:
    """Read a model that `save` wrote. No code from the file is run.

    Parameters
    ----------
    path : path
    learners : iterable of Learner
        Learners the model uses that are not installed as plugins.
    transforms : iterable of Transform
        Transforms the model uses that are not installed as plugins.

    Raises
    ------
    ArtifactError
        If the file is damaged, unsafe, or from a newer headstart.
    MissingPluginError
        If the plugin of a learner or transform is not installed.

    Warns
    -----
    HeadstartWarning
        If its plugins, or scikit-learn where a model is stored in its form, are of
        another version than when it was fitted.

    Notes
    -----
    The file is kept open: the model can be pickled and saved when it has been deleted
    or replaced by another one. A folder is read into memory for that.
    """
    return _estimator(path, *load_model(path, learners, transforms))


def describe(path: str | Path) -> AutoClassifier | AutoRegressor:
    """Read a model that `save` wrote for what it says of itself: it cannot predict.

    ``info``, ``leaderboard``, ``precedents``, ``analysis`` and ``report`` need neither
    the plugins of the model nor the time to load it.

    Raises
    ------
    ArtifactError
        If the file is damaged, unsafe, or from a newer headstart.

    Warns
    -----
    HeadstartWarning
        If a plugin is not there that the model needs to predict.
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
            f"The model file {path} is of class {name!r}. Expected one of "
            f"{sorted(classes)}."
        )
    estimator_class = classes[name]
    is_classification = model.ensemble.task.kind.is_classification
    if estimator_class._classification != is_classification:
        raise ArtifactError(
            f"The model file {path} is of class {name!r}, but its task is "
            f"{str(model.ensemble.task.kind)!r}."
        )
    parameters = _read_parameters(
        constructor.get("parameters"), estimator_class._get_param_names(), path
    )
    names = constructor.get("feature_names")
    if names is not None and (
        not isinstance(names, list)
        or not all(isinstance(column, str) for column in names)
    ):
        raise ArtifactError(f"The model file {path} has wrong names of features.")
    estimator = estimator_class(**parameters)
    estimator.model_ = model
    estimator._describe(names)
    return estimator
