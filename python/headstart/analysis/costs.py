"""The size of the model file and the time of predictions."""

import time
from functools import partial

import polars as pl

from headstart.analysis.effort import Effort
from headstart.ensemble.fitted_model import FittedModel
from headstart.facts import Sizes
from headstart.search.record import RunRecord

__all__ = ["sizes_of"]

_MOST_ROWS = 1_000
_SINGLE_ROWS = 5


def sizes_of(record: RunRecord, effort: Effort) -> Sizes:
    """Return the size of the model file and, where the budget allows, prediction times.

    The size is that of the fold models, views and transforms: all but a few kilobytes
    of the file. Times include the preparation of the user's table, but not the loading
    of models.
    """
    model = record.model
    store = model.ensemble.store
    fits = [fit for member in model.ensemble.members for fit in member.fits]
    read = [partial(store.model, fit.model) for fit in fits]
    read += [partial(store.encoder, n) for n in dict.fromkeys(f.encoder for f in fits)]
    steps = dict.fromkeys(name for fit in fits for name in fit.transforms)
    read += [partial(store.transform, name) for name in steps]
    n_bytes = sum(len(content) for parts in read for content in parts().values())
    # Loading takes about as long as two predictions, and is done once.
    units = float(len(fits) * 4)
    frame = record.run.problem.frame
    if effort.remaining < (units if effort.is_counted else _expected(record)):
        return Sizes(n_bytes, None, None)
    effort.spend(units)
    model.ensemble.load()
    # The first call includes imports.
    model.predict_outputs(frame[:1])
    alone: list[float] = []
    for row in range(min(_SINGLE_ROWS, frame.height)):
        if alone and effort.remaining <= 0:
            break
        alone.append(_seconds(model, frame[row : row + 1]))
    single = sorted(alone)[len(alone) // 2]
    if effort.remaining <= 0:
        return Sizes(n_bytes, None, single * 1000)
    batch_seconds = _seconds(model, frame[:_MOST_ROWS])
    per_1000 = batch_seconds * 1000 / min(_MOST_ROWS, frame.height)
    return Sizes(n_bytes, per_1000, single * 1000)


def _seconds(model: FittedModel, rows: pl.DataFrame) -> float:
    started = time.perf_counter()
    model.predict_outputs(rows)
    return time.perf_counter() - started


def _expected(record: RunRecord) -> float:
    """Return estimated seconds of the measurement: ten times the fold predictions."""
    return 10 * sum(
        outcome.predict_seconds
        for number in record.result.choice.weights
        for outcome in record.result.trials[number].outcomes.values()
    )
