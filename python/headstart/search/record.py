"""All that is known of a run when its model stands: what an analysis is made from."""

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from headstart.ensemble import BaggedEnsemble
from headstart.ensemble.fitted_model import FittedModel
from headstart.execution.fit_data import FitData
from headstart.search.loop.runner import SearchResult
from headstart.search.propose.precedents import Guide
from headstart.search.run.clock import Clock
from headstart.search.run.history import History
from headstart.search.run.problem import Problem
from headstart.search.run.settings import FitSettings

__all__ = ["Analyse", "RunRecord"]


@dataclass(frozen=True)
class RunRecord:
    """A run whose files are still there.

    Parameters
    ----------
    settings : FitSettings
    problem : Problem
        The table, as it was given and in canonical form.
    data : FitData
        Folds, target, weights; the raw texts where a transform may read them.
    result : SearchResult
        Trials and the choice among them.
    bag : BaggedEnsemble
        The chosen configurations with all their fold models.
    model : FittedModel
        What the user gets: that, or what was refitted on all rows.
    guide : Guide or None
        What the knowledge base said.
    history : History
    clock : Clock
    seed : int
    n_jobs : int
        Fold fits at once.
    data_digest : str
        SHA-256 of the table, its target and weights.
    notes : tuple of str
        What the user was told of the knowledge base.
    """

    settings: FitSettings
    problem: Problem
    data: FitData
    result: SearchResult
    bag: BaggedEnsemble
    model: FittedModel
    guide: Guide | None
    history: History
    clock: Clock
    seed: int
    n_jobs: int
    data_digest: str
    notes: tuple[str, ...] = ()

    @property
    def table(self) -> pl.DataFrame:
        """The canonical table, with raw texts where fold models read them."""
        return self.data.with_texts() if self.bag.has_transforms else self.data.table


Analyse = Callable[[RunRecord], bytes]
"""Makes the stored analysis of a run."""
