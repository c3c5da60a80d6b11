"""The constructor of the estimators, and what scikit-learn asks of them."""

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
    executor : concurrent.futures.Executor or str, optional
        Where fold fits run: yours, or the name of one that a plugin brings, as
        ``"name"`` or ``"name://address"``. Default: headstart's own worker processes.
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


class Estimator(BaseEstimator):  # type: ignore[misc]  # scikit-learn is untyped
    """The parameters of a fit, and the model that `fit` leaves."""

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
        bare = copy.copy(self)
        bare.executor = None
        clone: Self = BaseEstimator.__sklearn_clone__(bare)
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
