"""After the model stands: what the run taught the user's own base, and its analysis."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

import polars as pl

from headstart.base import TrialStatus
from headstart.base.events import Emitter, Notice, RunFinished
from headstart.ensemble import BaggedEnsemble
from headstart.ensemble.fitted_model import FittedModel
from headstart.exceptions import HeadstartError
from headstart.facts import Facts
from headstart.machine.process_state import preserve_state
from headstart.meta.shipped import open_own
from headstart.meta.store import own_base_place
from headstart.search.assemble import Assembly
from headstart.search.learning import FACT, run_records
from headstart.search.loop.runner import SearchResult
from headstart.search.run.interrupt import NotedInterrupt
from headstart.search.run.run import Run

__all__ = ["Analyse", "RunRecord", "record"]

_log = logging.getLogger("headstart.search")


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A run whose files are still there, and what came of it.

    Parameters
    ----------
    run : Run
    result : SearchResult
        Trials and the choice among them.
    bag : BaggedEnsemble
        The chosen configurations with all their fold models.
    model : FittedModel
        The user's model, without its analysis.
    """

    run: Run
    result: SearchResult
    bag: BaggedEnsemble
    model: FittedModel

    @property
    def fold_models(self) -> dict[str, tuple[int, int]]:
        """Repeat and fold of each fold model in the bag, by its name."""
        return {
            self.result.trials[number].fold_key(*unit).name: unit
            for number in self.result.choice.weights
            for unit in self.result.trials[number].outcomes
        }

    @property
    def table(self) -> pl.DataFrame:
        """The canonical table, with raw texts where fold models read them."""
        data = self.run.data
        return data.with_texts() if self.bag.has_transforms else data.table


Analyse = Callable[[RunRecord], Facts]
"""Returns the facts of a run's model with those that an analysis measures."""


def record(
    run: Run, result: SearchResult, assembly: Assembly, analyse: Analyse | None
) -> FittedModel:
    """Add the run to the user's own base, if asked; return the model with its analysis.

    Parameters
    ----------
    run : Run
    result : SearchResult
    assembly : Assembly
    analyse : callable or None
        Makes the analysis, if one is wanted.
    """
    # Nothing is fitted any more: what hangs must not slow down what is left to do.
    with NotedInterrupt():
        run.executor.close()
    if run.settings.learn:
        _learn(run, result)
    model = assembly.model
    if analyse is not None:
        analysed = RunRecord(run, result, assembly.bag, model)
        model = replace(model, facts=_analysed(analyse, analysed, run.events))
    if run.folder.is_temporary:
        fits = [fit for member in model.ensemble.members for fit in member.fits]
        run.folder.keep_only(
            {f.model for f in fits},
            {f.encoder for f in fits},
            {name for f in fits for name in f.transforms},
            deadline=run.clock.hand_over,
        )
    run.events(
        RunFinished(
            elapsed=run.clock.elapsed(),
            n_trials=len(result.trials),
            n_failed=sum(t.status is TrialStatus.FAILED for t in result.trials),
            score=result.choice.score,
            reason=result.reason,
        )
    )
    return model


def _analysed(analyse: Analyse, analysed: RunRecord, events: Emitter) -> Facts:
    """Return the facts with the analysis; without it where that fails, and why."""
    try:
        # It has models of plugins predict, in the user's process.
        with preserve_state():
            return analyse(analysed)
    except KeyboardInterrupt:
        why = "interrupted"
        events(Notice("Interrupted: the model is kept, without an analysis."))
    except Exception as error:
        why = f"{type(error).__name__}: {error}"
        _log.exception("The analysis failed.")
        events(
            Notice(
                f"The fit is not analysed. {type(error).__name__}: {error}", "warning"
            )
        )
    note = (
        f"The fit was not analysed ({why}): metrics, curves, importance, effects, weak "
        "slices, sizes and the call that reproduces it are left out."
    )
    return replace(analysed.model.facts, notes=(note,))


def _learn(run: Run, result: SearchResult) -> None:
    """Add the run to the user's own base; the model is there whatever comes of it."""
    # Scored before the base is opened: no other writer waits for that.
    end = run.clock.learning_end
    # The other half of what is kept back is for the base.
    scored_by = None if end is None else end - 0.5 * run.clock.learning_seconds
    records = list(
        run_records(
            run.data,
            result.trials,
            run.folder.journal.fact(FACT),
            seed=run.seed,
            deadline=scored_by,
        )
    )
    try:
        with open_own(own_base_place(), deadline=end) as base:
            added = base.add(records)
    except (HeadstartError, OSError) as error:
        run.events(Notice(f"Nothing was learnt from this run. {error}", "warning"))
        return
    except KeyboardInterrupt:
        run.events(
            Notice("Interrupted: the model is kept, nothing was learnt from the run.")
        )
        return
    run.events(
        Notice(
            f"Learnt from this run: {added.n_new} records (scores, seconds and numbers "
            f"that describe the table) are new in {base.place}."
        )
    )
