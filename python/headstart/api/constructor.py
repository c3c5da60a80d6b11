"""The constructor of the estimators, and their scikit-learn protocol."""

import copy
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from headstart.base import Learner, Transform
from headstart.ensemble.fitted_model import FittedModel

__all__ = ["PARAMETERS", "Estimator"]


PARAMETERS = """\
    Parameters
    ----------
    time_limit : float or None, default=300
        Wall-clock seconds for `fit`. None requires `max_trials`.
    max_trials : int, optional
        Number of configurations to evaluate. Failures do not count, but end the search
        when their number, without the first two of each learner, reaches twice
        `max_trials` and at least 20. Without a time limit the result depends only on
        data, settings and `random_state`.
    metric : str, callable or scorer, optional
        Metric to optimise: a name (built in, or of a plugin), a
        `sklearn.metrics.make_scorer` result, or ``f(y_true, y_pred) -> float`` where
        greater is better. Default: ROC AUC for two classes, log loss for more, RMSE for
        regression.
    validation : "auto", Validation, splitter or str, default="auto"
        Validation scheme: a `headstart.Validation`, any scikit-learn splitter, or the
        name of a plugin's splitter.
    learners : list of str or Learner, optional
        Names to use, names to exclude (``"-svm"``), or `Learner` objects. Default: all
        installed ones but ``"kernel"``, which is used only if it is named.
    transforms : list of str or Transform, optional
        Transforms that the search may apply before a learner: names to use, which are
        evaluated first, names to exclude (``"-text_svd"``), or `Transform` objects.
        Default: all installed ones. ``[]``: none.
    columns : mapping of str to str, optional
        Column kinds that replace the inferred ones, ``{"zip": "categorical"}``.
    n_jobs : int, optional
        Number of parallel fold fits. Default: the cores that this process may use.
    memory_limit : float or str, optional
        Bytes for all workers together, or a text such as ``"4GB"``. Default: 85 % of
        the free memory.
    executor : concurrent.futures.Executor or str, optional
        Executor of fold fits: an object, or the name of a plugin's executor as
        ``"name"`` or ``"name://address"``. Default: headstart's own worker processes.
    random_state : int or RandomState, optional
        Fixes folds, seeds of learners, and the sampler.
    run_dir : path, optional
        Folder for journal, predictions and fold models. The fitted estimator reads its
        models from this folder: call `save` before you delete it. Default: a temporary
        folder that is removed with the model.
    resume : bool, default=False
        Whether to continue the run in `run_dir`.
    refit : bool or "auto", default="auto"
        Whether to fit each member once more on all rows, and to keep these models
        instead of the fold models. By default this is done for one holdout, whose
        models were not fitted on the held-out rows. Fold models are larger and slower,
        and usually slightly more accurate. Where folds follow time, the refit is always
        done, so that models use the newest rows. Members for which the time does not
        suffice keep their fold models.
    learn : bool, default=False
        Whether to add the measurements of this run to your own knowledge base on this
        machine, for later searches on similar tables. It stores scores, seconds and
        numbers that describe the table, but neither rows nor column names.
"""


class Estimator(BaseEstimator):  # type: ignore[misc]  # scikit-learn is untyped
    """The base of the estimators: constructor parameters and the fitted model."""

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
        executor: Executor | str | None = None,
        random_state: Any = None,
        run_dir: str | Path | None = None,
        resume: bool = False,
        refit: bool | str = "auto",
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

    def _fitted(self) -> FittedModel:
        check_is_fitted(self, "model_")
        model: FittedModel = self.model_
        return model

    def _describe(self, names: Sequence[str] | None) -> None:
        """Set scikit-learn's fitted attributes."""
        self.n_features_in_ = len(self.model_.schema.columns)
        if names is not None:
            self.feature_names_in_ = np.array(names, dtype=object)
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_
        if self._classification:
            self.classes_ = self.model_.target.classes

    def __sklearn_clone__(self) -> Self:
        """Return an unfitted copy that shares the executor, which cannot be copied."""
        original = copy.copy(self)
        original.executor = None
        clone: Self = BaseEstimator.__sklearn_clone__(original)
        clone.executor = self.executor
        return clone

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
