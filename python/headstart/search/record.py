"""The steps after the model is finished: knowledge base and analysis."""

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
    """A finished run, whose files still exist, and its result.

    Parameters
    ----------
    run : Run
    result : SearchResult
        The trials and the chosen ensemble.
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
        """The repeat and the fold of each fold model in the bag, by its name."""
        return {
            self.result.trials[number].fold_key(*unit).name: unit
            for number in self.result.choice.weights
            for unit in self.result.trials[number].outcomes
        }

    @property
    def table(self) -> pl.DataFrame:
        """The canonical table, with raw texts if fold models read them."""
        data = self.run.data
        return data.with_texts() if self.bag.has_transforms else data.table


Analyse = Callable[[RunRecord], Facts]
"""Returns the facts of a run's model, with those of the analysis."""


def record(
    run: Run, result: SearchResult, assembly: Assembly, analyse: Analyse | None
) -> FittedModel:
    """Add the run to the user's own base if `learn` is set; return the analysed model.

    Parameters
    ----------
    run : Run
    result : SearchResult
    assembly : Assembly
    analyse : callable or None
        Returns the analysis; None for a model without one.
    """
    # No more fits follow: workers that hang must not slow down the remaining steps.
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
    """Return the facts with the analysis, or with a note if the analysis fails."""
    try:
        # Models of plugins predict here, in the user's process.
        with preserve_state():
            return analyse(analysed)
    except KeyboardInterrupt:
        reason = "interrupted"
        events(Notice("Interrupted: the model is kept, without an analysis."))
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        _log.exception("The analysis failed.")
        events(
            Notice(
                f"The fit is not analysed. {type(error).__name__}: {error}", "warning"
            )
        )
    note = (
        f"The fit was not analysed ({reason}): metrics, curves, importance, effects, "
        "weak slices, sizes and the call that reproduces it are left out."
    )
    return replace(analysed.model.facts, notes=(note,))


def _learn(run: Run, result: SearchResult) -> None:
    """Add the run to the user's own base; a failure does not affect the model."""
    # Trials are scored before the base is opened, so that other writers do not wait.
    end = run.clock.learning_end
    # The other half of the reserved time is for the base.
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
