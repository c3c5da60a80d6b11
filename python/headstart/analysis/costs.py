"""What the model costs to keep, and to ask."""

import time
from functools import partial

import polars as pl

from headstart.analysis.effort import Effort
from headstart.ensemble.fitted_model import FittedModel
from headstart.facts import Sizes
from headstart.search.record import RunRecord

__all__ = ["sizes_of"]

_MOST_ROWS = 1_000
_ASKED_ALONE = 5


def sizes_of(record: RunRecord, effort: Effort) -> Sizes:
    """Return bytes of a model file; and seconds, where there is enough to measure.

    Bytes are those of the fold models, views and transforms: all but a few kilobytes of
    the file. Times are those of the whole way from
    the user's table, models loaded.
    """
    model = record.model
    store = model.ensemble.store
    fits = [fit for member in model.ensemble.members for fit in member.fits]
    read = [partial(store.model, fit.model) for fit in fits]
    read += [partial(store.encoder, n) for n in dict.fromkeys(f.encoder for f in fits)]
    steps = dict.fromkeys(name for fit in fits for name in fit.transforms)
    read += [partial(store.transform, name) for name in steps]
    n_bytes = sum(len(content) for parts in read for content in parts().values())
    # Loading costs about two predictions, and is done once.
    units = float(len(fits) * 4)
    frame = record.run.problem.frame
    if effort.left < (units if effort.is_counted else _expected(record)):
        return Sizes(n_bytes, None, None)
    effort.spend(units)
    model.ensemble.load()
    # The first call pays for imports.
    model.predict_outputs(frame[:1])
    alone: list[float] = []
    for row in range(min(_ASKED_ALONE, frame.height)):
        if alone and effort.left <= 0:
            break
        alone.append(_seconds(model, frame[row : row + 1]))
    single = sorted(alone)[len(alone) // 2]
    if effort.left <= 0:
        return Sizes(n_bytes, None, single * 1000)
    whole = _seconds(model, frame[:_MOST_ROWS])
    per_1000 = whole * 1000 / min(_MOST_ROWS, frame.height)
    return Sizes(n_bytes, per_1000, single * 1000)


def _seconds(model: FittedModel, rows: pl.DataFrame) -> float:
    began = time.perf_counter()
    model.predict_outputs(rows)
    return time.perf_counter() - began


def _expected(record: RunRecord) -> float:
    """Return seconds that measuring may take: ten times what the learners said."""
    return 10 * sum(
        outcome.predict_seconds
        for number in record.result.choice.weights
        for outcome in record.result.trials[number].outcomes.values()
    )
