"""What the model costs to keep, and to ask."""

import time

import polars as pl

from headstart.analysis.effort import Effort
from headstart.ensemble.fitted_model import FittedModel
from headstart.report.facts import Sizes
from headstart.search.record import RunRecord

__all__ = ["sizes_of"]

_MOST_ROWS = 1_000
_ASKED_ALONE = 5


def sizes_of(record: RunRecord, effort: Effort) -> Sizes:
    """Return bytes of the models; and seconds, where there is enough left to measure.

    Times are those of the whole way from the user's table, models loaded.
    """
    bag, model = record.bag, record.model
    known = {
        fit.model: trial.outcomes[unit].n_bytes
        for member in bag.members
        for fit in member.fits
        for number, unit in [_unit(fit.model)]
        for trial in [record.result.trials[number]]
    }
    fits = [fit for member in model.ensemble.members for fit in member.fits]
    n_bytes = 0
    for fit in fits:
        if fit.model in known:
            n_bytes += known[fit.model]
        else:
            parts = model.ensemble.store.model(fit.model)
            n_bytes += sum(len(content) for content in parts.values())
    for name in dict.fromkeys(fit.encoder for fit in fits):
        parts = model.ensemble.store.encoder(name)
        n_bytes += sum(len(content) for content in parts.values())
    # Loading costs about two predictions, and is done once.
    units = float(len(fits) * 4)
    frame = record.problem.frame
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


def _unit(model: str) -> tuple[int, tuple[int, int]]:
    number, repeat, fold = model.split("-")
    return int(number), (int(repeat), int(fold))
