"""One fit, from a table to a fitted model."""

from headstart.ensemble.fitted_model import FittedModel
from headstart.search.assemble import assemble
from headstart.search.loop.runner import Runner
from headstart.search.record import record
from headstart.search.run.interrupt import OrderlyTermination
from headstart.search.run.prepare import prepare
from headstart.search.run.settings import FitRequest

__all__ = ["fit_model"]


def fit_model(request: FitRequest) -> FittedModel:
    """Fit within the budget and return the model.

    Raises
    ------
    HeadstartError
        If the data or the settings are invalid, or every trial failed.
    KeyboardInterrupt
        If Ctrl-C is pressed before a trial has succeeded.
    """
    with OrderlyTermination(), prepare(request) as run:
        result = Runner(run).run()
        run.history.end_stage("search")
        assembly = assemble(run, result)
        return record(run, result, assembly, request.analyse)
