"""Explanations of single rows by Shapley values of the `shap` library.

Its permutation explainer [1]_ treats the fold models as black boxes: a hidden column
takes the values of the background rows.

References
----------
.. [1] S. Lundberg and S.-I. Lee, "A unified approach to interpreting model
   predictions", NeurIPS 2017.
"""

import importlib.util
import time
from collections.abc import Callable, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headstart.analysis.effort import Effort
from headstart.analysis.inspection.permutation import Parts
from headstart.analysis.inspection.probe import Probe
from headstart.base import FloatArray
from headstart.facts import Cell, Contribution, Explanation
from headstart.machine.process_state import ignore_warnings

__all__ = ["can_explain", "explain_rows"]

_BACKGROUND = 10
_TYPICAL, _WORST = 3, 3
# Explaining more columns takes too long, and showing more helps no reader.
_MOST_COLUMNS = 60
_MOST_SHOWN = 30
# Seconds that importing the library and its first call may take.
_START_SECONDS = 8.0
# The same in predictions, where the budget is in predictions.
_START_UNITS = 1_500.0

_WHY = ("typical", "badly predicted")


def can_explain() -> bool:
    """Return whether the optional library is installed."""
    return importlib.util.find_spec("shap") is not None


def explain_rows(
    probe: Probe,
    parts: Parts,
    losses: FloatArray,
    frame: pl.DataFrame,
    labels: Sequence[str],
    actual: Sequence[str],
    effort: Effort,
    *,
    seed: int,
) -> list[Explanation] | None:
    """Return explanations of a few typical rows and of the worst predicted ones.

    Parameters
    ----------
    probe : Probe
    parts : mapping of str to tuple of str
        Features of each of the user's columns, the most important column first.
    losses : ndarray of shape (n_sample,)
        Loss of each row of the sample.
    frame : DataFrame
        The sample with the user's columns.
    labels : sequence of str
        Names of the outputs: classes (of two, only the second), or "".
    actual : sequence of str
        The target of each row of the sample as text.
    effort : Effort
        Budget of predictions.
    seed : int

    Returns
    -------
    list of Explanation or None
        None where the budget does not suffice for one row.
    """
    columns = dict(list(parts.items())[:_MOST_COLUMNS])
    start = _START_UNITS if effort.is_counted else _START_SECONDS
    # One row: a forward and a backward pass over the columns, twice.
    calls = 4 * len(columns) + 2
    background = np.random.default_rng(seed).permutation(probe.rows.size)[:_BACKGROUND]
    each = calls * probe.units / max(1, len(probe.models))
    if not effort.is_counted:
        started = time.monotonic()
        probe.predict_by_fold_of(0, probe.table[background])
        each = calls * (time.monotonic() - started)
    if effort.remaining < start + each:
        return None
    effort.spend(start)
    # In a notebook, its imports warn about missing widgets.
    with ignore_warnings():
        import shap

    explanations: list[Explanation] = []
    for place, why in _chosen(losses):
        if effort.remaining < each:
            break
        effort.spend(each)
        values = probe.outputs[place]
        output = 0 if values.size == 1 else int(values.argmax())
        predict = _masked_model(probe, columns, place, background, output)
        # Cells hold row indices of their values, so that columns of any type work.
        hidden = np.tile(np.arange(background.size)[:, np.newaxis], len(columns))
        shown = np.full((1, len(columns)), float(background.size))
        masker = shap.maskers.Independent(hidden.astype(np.float64))
        explainer = shap.PermutationExplainer(predict, masker, seed=seed)
        attribution = explainer(shown, max_evals=calls, silent=True)
        contributions = np.asarray(attribution.values, dtype=np.float64).reshape(-1)
        base = float(np.asarray(attribution.base_values).reshape(-1)[0])
        order = np.argsort(-np.abs(contributions), kind="stable")[:_MOST_SHOWN]
        names = list(columns)
        explanations.append(
            Explanation(
                why,
                tuple(Cell(n, _words(frame[n][place])) for n in names[:_MOST_SHOWN]),
                labels[output],
                actual[place],
                float(values[output]),
                base,
                tuple(Contribution(names[i], float(contributions[i])) for i in order),
                "Shapley values, sampled permutations",
            )
        )
    return explanations or None


def _chosen(losses: FloatArray) -> list[tuple[int, str]]:
    order = np.argsort(losses, kind="stable")
    middle = order.size // 2
    typical = order[max(0, middle - _TYPICAL // 2) :][:_TYPICAL]
    worst = [i for i in order[::-1][:_WORST] if i not in typical]
    return [(int(i), _WHY[0]) for i in typical] + [(int(i), _WHY[1]) for i in worst]


def _masked_model(
    probe: Probe,
    columns: Parts,
    place: int,
    background: NDArray[np.int64],
    output: int,
) -> Callable[[NDArray[np.float64]], FloatArray]:
    """Return a function that predicts rows of indices into the background."""
    rows = np.append(background, place)
    pool = probe.table[rows]

    def predict(masked: NDArray[np.float64]) -> FloatArray:
        at = np.asarray(masked).astype(np.int64)
        changed = pool[np.zeros(len(at), dtype=np.int64) + background.size]
        changed = changed.with_columns(
            pool[name].gather(at[:, k])
            for k, names in enumerate(columns.values())
            for name in names
            if name in pool.columns
        )
        return probe.predict_by_fold_of(place, changed)[:, output]

    return predict


def _words(value: object) -> str:
    text = "missing" if value is None else str(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
