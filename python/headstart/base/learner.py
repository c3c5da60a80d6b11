"""The learner: an estimator factory with a search space.

A learner holds no fitted state: `Learner.fit` returns the fitted model. The learner
predicts with it, dumps it and loads it.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from headstart.base.matrix import FloatArray, IntArray, Matrix, View
from headstart.base.resources import Resources
from headstart.base.rows import Rows
from headstart.base.space import Parameters, SearchSpace
from headstart.base.stored import Parts, check_estimator, dump_skops, load_skops
from headstart.base.task import Task, TaskKind

__all__ = ["Learner", "of_all_classes"]


class Learner:
    """Base class of learners.

    A subclass defines `name` and `build`; all else has a default. Methods are called in
    worker processes as well as in the user's process; a learner must not keep state
    between calls.

    Attributes
    ----------
    name : str
        Unique, lower case with underscores: what users write in ``learners=``.
    tasks : frozenset of TaskKind
        Kinds of task that it can solve.
    view : View
        The form of the matrix that it fits on.
    space_version : int
        Must be raised when a parameter changes its meaning, so that results stored for
        the old meaning are not used for the new one.
    max_rows : int or None
        Number of rows above which it is not tried.
    family : str
        Learners of one family make similar errors; ``"neural"`` weights are capped in
        ensembles.
    uses_weights : bool
        Whether `fit` takes sample weights into account. If not, a notice says so, and
        weights still count in scores and in the ensemble.
    opt_in : bool
        Whether it is used only where the user names it in ``learners=``.
    """

    name: ClassVar[str]
    tasks: ClassVar[frozenset[TaskKind]] = frozenset(TaskKind)
    view: ClassVar[View] = View()
    space_version: ClassVar[int] = 1
    max_rows: ClassVar[int | None] = None
    family: ClassVar[str] = ""
    uses_weights: ClassVar[bool] = True
    opt_in: ClassVar[bool] = False

    def search_space(self, task: Task) -> SearchSpace:
        """Return the search space with a tuned default. Empty unless overridden."""
        del task
        return SearchSpace()

    def precedents(self, task: Task) -> Sequence[Parameters]:
        """Return configurations worth trying first, best first.

        Each is completed with the space's default. The default itself need not be
        listed: it always comes first.
        """
        del task
        return ()

    def cost(self, task: Task, parameters: Parameters, n_rows: int) -> float:
        """Return predicted seconds of one fold fit on `n_rows` rows with one thread.

        A hint for the order of the first trials, which the run corrects by measured
        seconds. The search without a time limit uses it as it is, so it must depend on
        the arguments only.

        Parameters
        ----------
        task : Task
        parameters : mapping
        n_rows : int
            Training rows of the fold.
        """
        del parameters
        return 0.05 + 2e-7 * n_rows * (task.n_features + 5) * max(1, task.n_classes)

    def build(self, task: Task, parameters: Parameters, resources: Resources) -> Any:
        """Return an unfitted estimator with scikit-learn's ``fit`` and ``predict``.

        Only called by the default `fit`.

        Parameters
        ----------
        task : Task
        parameters : mapping
            A point of `search_space`.
        resources : Resources
        """
        raise NotImplementedError(
            f"Learner {self.name!r} must define build(), or fit() and predict()."
        )

    def fit(
        self,
        task: Task,
        parameters: Parameters,
        rows: Rows,
        validation: Rows | None,
        resources: Resources,
    ) -> Any:
        """Fit on training rows and return the fitted model.

        Parameters
        ----------
        task : Task
        parameters : mapping
            A point of `search_space`.
        rows : Rows
            The training rows.
        validation : Rows or None
            Rows for early stopping; None in the final refit, where `parameters` come
            from `refit_parameters`.
        resources : Resources
            A learner that can stop early should return its model by
            ``resources.deadline``.
        """
        del validation
        estimator = self.build(task, parameters, resources)
        if rows.weight is None:
            return estimator.fit(rows.X.values, rows.y)
        return estimator.fit(rows.X.values, rows.y, sample_weight=rows.weight)

    def predict(self, model: Any, X: Matrix, task: Task) -> FloatArray:
        """Return predictions.

        Parameters
        ----------
        model : object
            The result of `fit` or `load`.
        X : Matrix
        task : Task

        Returns
        -------
        ndarray of shape (n_rows, n_classes) or (n_rows,)
            Finite. For classification, probabilities in the order of the class codes,
            with rows that sum to 1; for regression, values.
        """
        if task.kind is TaskKind.REGRESSION:
            return np.asarray(model.predict(X.values), dtype=np.float64).reshape(-1)
        probabilities = np.asarray(model.predict_proba(X.values), dtype=np.float64)
        present = np.asarray(model.classes_, dtype=np.int64)
        share = 1.0 / (task.n_rows + task.n_classes)
        return of_all_classes(probabilities, present, task.n_classes, share)

    def refit_parameters(
        self, parameters: Parameters, models: Sequence[Any]
    ) -> Parameters:
        """Return parameters for the fit on all rows, given the fold models.

        A learner that stops early sets the number of rounds here.
        """
        del models
        return parameters

    def dump(self, model: Any) -> Parts:
        """Return the fitted model as named bytes that load without running code.

        Equal models give the same bytes, in every process.
        """
        return dump_skops(model)

    def load(self, parts: Parts) -> Any:
        """Return the model that `dump` wrote.

        The parts may come from a hostile file and must be checked before use.

        Raises
        ------
        ArtifactError
            If the parts are not what `dump` writes.
        """
        return load_skops(parts, f"learner {self.name!r}", self.trusted_types())

    def check_model(self, model: Any, task: Task, n_features: int) -> None:
        """Check that a loaded model fits the task and the table of its file.

        If `predict` is overridden, the base class cannot check the model: such a
        learner should override this method too.

        Parameters
        ----------
        model : object
            The result of `load`.
        n_features : int
            Columns of the matrix that it will predict.

        Raises
        ------
        ArtifactError
            If it does not fit.
        """
        if type(self).predict is not Learner.predict:
            return
        n_classes = task.n_classes if task.kind.is_classification else None
        check_estimator(model, f"learner {self.name!r}", n_features, n_classes)

    def trusted_types(self) -> Sequence[str]:
        """Return dotted names of types that `load` may build beyond skops' own."""
        return ()


def of_all_classes(
    probabilities: FloatArray, present: IntArray, n_classes: int, share: float
) -> FloatArray:
    """Return probabilities with one column per class of the task.

    Classes that the fold lacks get the probability `share`: with 0, the log loss of a
    row of such a class would be infinite.

    Parameters
    ----------
    probabilities : ndarray of shape (n_rows, n_present)
    present : ndarray of shape (n_present,)
        Codes of the classes of the columns of `probabilities`.
    n_classes : int
    share : float

    Examples
    --------
    >>> of_all_classes(np.array([[0.25, 0.75]]), np.array([0, 2]), 3, 0.2)
    array([[0.2, 0.2, 0.6]])
    """
    completed = np.full((len(probabilities), n_classes), share)
    completed[:, present] = probabilities * (1.0 - share * (n_classes - present.size))
    return completed
