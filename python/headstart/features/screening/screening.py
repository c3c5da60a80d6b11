"""The search for generated features, with confirmation."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headstart.base import TaskKind
from headstart.features.operators.candidate import Candidate
from headstart.features.plans.plan import FeaturePlan
from headstart.features.screening.baseline import Baseline
from headstart.features.screening.confirmation import Choice, Confirmation, Trial
from headstart.features.screening.proposals import candidate_of
from headstart.features.screening.stages import Screening, Stage
from headstart.features.screening.table import ScreenedTable
from headstart.machine.compute import Compute
from headstart.tables import TargetEncoder, to_frame
from headstart.validation import plain_folds, stratified_folds

__all__ = ["FoundFeatures", "find_features"]

_MOST_ROWS = 100_000
_FEW_ROWS = 2_000  # up to here five folds are quick, and above three are enough
_MOST_FEATURES = 20


@dataclass(frozen=True)
class FoundFeatures:
    """Confirmed features with their evidence.

    Parameters
    ----------
    candidates : tuple of Candidate
        Confirmed candidates, best first; empty if none was confirmed.
    gains : tuple of float
        Share of the additive baseline's squared residual that each candidate alone
        explains out of fold.
    confirmations : tuple of Confirmation
        Gains of groups of features for a model, on rows not used for their selection.
    stages : tuple of Stage
        Numbers of candidates before and after each stage of screening.
    truncated : bool
        Whether the time limit ended a stage early. The result then depends on the
        machine.
    """

    candidates: tuple[Candidate, ...]
    gains: tuple[float, ...]
    confirmations: tuple[Confirmation, ...]
    stages: tuple[Stage, ...]
    truncated: bool

    @property
    def confirmed(self) -> Confirmation | None:
        """The confirmed group of features, or None."""
        confirmed = [c for c in self.confirmations if c.is_confirmed]
        return max(confirmed, key=lambda c: c.gain, default=None)

    @property
    def plan(self) -> FeaturePlan:
        """An unfitted plan of the candidates, for `FeaturePlan.fit_transform`."""
        return FeaturePlan(self.candidates)

    def explain(self) -> str:
        """Return a description of the result with its evidence."""
        lines = [
            f"{stage.name} stage: {stage.n_kept} of {stage.n_candidates} candidates "
            f"kept, on {stage.n_rows} rows"
            for stage in self.stages
        ]
        lines += [
            f"{c.n_features} features: {c.gain:+.2%} of the loss "
            f"(standard error {c.error:.2%}, shuffled {c.null_quantile:+.2%})"
            for c in self.confirmations
        ]
        if self.truncated:
            lines.append("the time limit ended the search early")
        if not self.candidates:
            lines.append("no feature is kept")
        lines += [
            f"{candidate.name}: {candidate.explain()} ({gain:.2%} of the residual)"
            for candidate, gain in zip(self.candidates, self.gains, strict=True)
        ]
        return "\n".join(lines)


def find_features(
    X: Any,
    y: Any,
    *,
    task: TaskKind | str | None = None,
    fold_ids: NDArray[np.integer[Any]] | None = None,
    max_features: int = _MOST_FEATURES,
    compute: Compute = Compute(),
) -> FoundFeatures:
    """Return generated features that improve a tree model, or none.

    Candidates are formulas of two numeric columns, counts and target means of one or
    two categories, and statistics of a numeric column by category. They are screened by
    the share of the out-of-fold residual of a small additive baseline that they explain
    [1]_. For the confirmation, the search is repeated on the training rows of each
    fold, and its features are added to a small gradient boosting model, which is
    evaluated on the validation rows. The features found on all rows are kept only if
    the loss fell by more than two standard errors, and by more than with shuffled
    features. There is no search if the model's loss is below a hundredth of the loss of
    a constant.

    Parameters
    ----------
    X : table
        Any input of `headstart.tables.to_frame`, such as pandas, polars, Arrow or
        NumPy. A random sample of 100,000 rows is used if there are more.
    y : column of values
        Without missing values.
    task : {"binary", "multiclass", "classification", "regression"}, optional
        Inferred from `y` by default.
    fold_ids : ndarray of int of shape (n_rows,), optional
        The validation fold of each row, with 2 to 255 distinct folds. Pass grouped or
        temporal folds if rows are dependent. By default there are three folds, or five
        up to 2,000 rows, stratified for classification.
    max_features : int, default=20
        Largest number of kept features.
    compute : Compute, optional
        Features not confirmed within the time limit are not kept. The seed determines
        folds, samples and the baseline. Progress is called as
        ``progress(stage, done, total)``.

    Returns
    -------
    FoundFeatures

    Raises
    ------
    ValueError
        If a parameter is invalid, or `X`, `y` and `fold_ids` differ in the number of
        rows.
    TableError
        If the table or the target is unsuitable for learning.

    Notes
    -----
    Memory: some copies of the table in double precision, and 40 bytes per candidate.
    Ctrl-C stops the core within 0.1 s, but a fit of the baseline runs to its end.

    References
    ----------
    .. [1] T. Zhang et al., "OpenFE: automated feature generation with expert-level
       performance", ICML 2023.

    Examples
    --------
    >>> random = np.random.default_rng(0)
    >>> X = random.normal(size=(600, 3))
    >>> y = X[:, 0] * X[:, 1] + 0.1 * random.normal(size=600)
    >>> result = find_features({f"x{i}": X[:, i] for i in range(3)}, y, max_features=1)
    >>> print(result.plan.explain())
    x0 * x1: x0 times x1
    """
    _check_number("max_features", max_features)
    _check_number("n_threads", compute.n_threads)
    n_threads, seed = compute.n_threads, compute.seed
    deadline = compute.watch("find_features").deadline
    frame = to_frame(X)
    encoder = TargetEncoder.learn(y, task)
    codes = encoder.encode(y)
    if len(codes) != frame.height:
        raise ValueError(
            f"X and y must have the same number of rows. Got {frame.height} and "
            f"{len(codes)}."
        )
    folds = _folds(fold_ids, codes, encoder, seed)
    if frame.height > _MOST_ROWS:
        random = np.random.default_rng(seed)
        rows = np.sort(random.permutation(frame.height)[:_MOST_ROWS])
        frame, codes, folds = frame[rows], codes[rows], folds[rows]
    options = Screening(
        n_threads=n_threads,
        seed=seed,
        deadline=deadline,
        progress=compute.progress,
    )
    table = ScreenedTable.of(frame)
    baseline = Baseline(encoder.kind, encoder.n_classes, n_threads, seed)
    trial = Trial.start(table, codes, folds, baseline, options)
    if trial is None:
        return FoundFeatures((), (), (), (), truncated=True)
    if trial.is_solved():
        return FoundFeatures((), (), (), (), truncated=False)
    confirmations, truncated = trial.confirm(options, max_features)
    result = FoundFeatures((), (), tuple(confirmations), (), truncated)
    confirmed = result.confirmed
    n_kept = 0 if confirmed is None else confirmed.n_features
    choice = trial.choose(np.arange(table.n_rows), options, max(1, n_kept))
    return _with_choice(result, choice, n_kept, table.names)


def _with_choice(
    result: FoundFeatures, choice: Choice, n_kept: int, names: tuple[str, ...]
) -> FoundFeatures:
    was_cut = choice.survivors.truncated
    if was_cut:
        n_kept = 0
    return FoundFeatures(
        tuple(candidate_of(row, names) for row in choice.descriptors[:n_kept]),
        tuple(choice.gains[:n_kept].tolist()),
        result.confirmations,
        choice.survivors.stages,
        result.truncated or was_cut,
    )


def _folds(
    fold_ids: NDArray[np.integer[Any]] | None,
    codes: NDArray[Any],
    encoder: TargetEncoder,
    seed: int,
) -> NDArray[np.uint8]:
    if fold_ids is not None:
        if np.shape(fold_ids) != codes.shape:
            raise ValueError(
                f"fold_ids must have one fold for each of the {len(codes)} rows. "
                f"Got the shape {np.shape(fold_ids)} instead."
            )
        distinct, fold_codes = np.unique(fold_ids, return_inverse=True)
        if not 2 <= len(distinct) <= 255:
            raise ValueError(
                f"fold_ids must contain 2 to 255 distinct folds. Got {len(distinct)}."
            )
        return np.asarray(fold_codes, dtype=np.uint8)
    n_folds = 5 if len(codes) <= _FEW_ROWS else 3
    n_folds = min(n_folds, len(codes))
    folds = (
        plain_folds(len(codes), n_folds, seed=seed)
        if encoder.kind is TaskKind.REGRESSION
        else stratified_folds(codes, n_folds, seed=seed)
    )
    return np.asarray(folds.fold_ids[0])


def _check_number(name: str, value: int) -> None:
    if value < 1:
        raise ValueError(
            f"The {name!r} parameter of find_features must be an int >= 1. "
            f"Got {value} instead."
        )
