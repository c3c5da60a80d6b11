"""Why single rows are predicted as they are: Shapley values by the `shap` library.

Its permutation explainer [1]_ sees the fold models from outside: a column that is
hidden takes the values of the background rows.

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
# More columns take too long; beyond these no reader looks.
_MOST_COLUMNS = 60
_MOST_SHOWN = 30
# Seconds that importing the library and its first call may take.
_START_SECONDS = 8.0
# And what counts as that where work is counted.
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
    """Explain a few typical rows, and those that are predicted worst.

    Parameters
    ----------
    probe : Probe
    parts : mapping of str to tuple of str
        What each of the user's columns became; most important first.
    losses : ndarray of shape (n_sample,)
    frame : DataFrame
        The sample as the user has it.
    labels : sequence of str
        What the outputs stand for: classes (the second only, of two), or "".
    actual : sequence of str
        The target of each row of the sample, in words.
    effort : Effort
    seed : int

    Returns
    -------
    list of Explanation or None
        None where there is not enough left to begin.
    """
    columns = dict(list(parts.items())[:_MOST_COLUMNS])
    start = _START_UNITS if effort.is_counted else _START_SECONDS
    # One row: a forward and a backward turn over the columns, twice.
    calls = 4 * len(columns) + 2
    background = np.random.default_rng(seed).permutation(probe.rows.size)[:_BACKGROUND]
    each = calls * probe.units / max(1, len(probe.models))
    if not effort.is_counted:
        began = time.monotonic()
        probe.ask_one(0, probe.table[background])
        each = calls * (time.monotonic() - began)
    if effort.left < start + each:
        return None
    effort.spend(start)
    # In a notebook, what it imports warns that there are no widgets.
    with ignore_warnings():
        import shap

    found: list[Explanation] = []
    for place, why in _chosen(losses):
        if effort.left < each:
            break
        effort.spend(each)
        values = probe.outputs[place]
        output = 0 if values.size == 1 else int(values.argmax())
        ask = _asked(probe, columns, place, background, output)
        # A cell says from which row its value is: any kind of value can be hidden.
        hidden = np.tile(np.arange(background.size)[:, np.newaxis], len(columns))
        shown = np.full((1, len(columns)), float(background.size))
        masker = shap.maskers.Independent(hidden.astype(np.float64))
        explainer = shap.PermutationExplainer(ask, masker, seed=seed)
        told = explainer(shown, max_evals=calls, silent=True)
        given = np.asarray(told.values, dtype=np.float64).reshape(-1)
        base = float(np.asarray(told.base_values).reshape(-1)[0])
        order = np.argsort(-np.abs(given), kind="stable")[:_MOST_SHOWN]
        names = list(columns)
        found.append(
            Explanation(
                why,
                tuple(Cell(n, _words(frame[n][place])) for n in names[:_MOST_SHOWN]),
                labels[output],
                actual[place],
                float(values[output]),
                base,
                tuple(Contribution(names[i], float(given[i])) for i in order),
                "Shapley values, sampled permutations",
            )
        )
    return found or None


def _chosen(losses: FloatArray) -> list[tuple[int, str]]:
    order = np.argsort(losses, kind="stable")
    middle = order.size // 2
    typical = order[max(0, middle - _TYPICAL // 2) :][:_TYPICAL]
    worst = [i for i in order[::-1][:_WORST] if i not in typical]
    return [(int(i), _WHY[0]) for i in typical] + [(int(i), _WHY[1]) for i in worst]


def _asked(
    probe: Probe,
    columns: Parts,
    place: int,
    background: NDArray[np.int64],
    output: int,
) -> Callable[[NDArray[np.float64]], FloatArray]:
    """Return what is asked for masked rows: cells are places in the background."""
    rows = np.append(background, place)
    pool = probe.table[rows]

    def ask(masked: NDArray[np.float64]) -> FloatArray:
        at = np.asarray(masked).astype(np.int64)
        changed = pool[np.zeros(len(at), dtype=np.int64) + background.size]
        changed = changed.with_columns(
            pool[name].gather(at[:, k])
            for k, names in enumerate(columns.values())
            for name in names
            if name in pool.columns
        )
        return probe.ask_one(place, changed)[:, output]

    return ask


def _words(value: object) -> str:
    text = "missing" if value is None else str(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
