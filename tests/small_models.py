"""Fitted models made without a search, in milliseconds, for tests of their files."""

import numpy as np
import polars as pl

from headstart import AutoClassifier, AutoRegressor
from headstart.base import Configuration, Resources, Rows, Step, TableRows, Task
from headstart.ensemble import BaggedEnsemble, Fit, Member
from headstart.ensemble.fitted_model import FittedModel, MemoryStore
from headstart.execution.fit_step import fit_step
from headstart.execution.steps import store_step
from headstart.facts import (
    FACTS_VERSION,
    Budget,
    Facts,
    TaskFacts,
    ValidationFacts,
)
from headstart.facts.versions import versions_of_makers
from headstart.plugins import load_plugins
from headstart.tables import Schema, TargetEncoder, ViewEncoder
from headstart.tables.schema.summary import summarize

__all__ = ["fitted", "small_facts", "small_model", "small_table"]

N_ROWS = 60


def small_table(n=N_ROWS):
    """Return two features: a number and a city."""
    rng = np.random.default_rng(0)
    return pl.DataFrame(
        {
            "x": rng.normal(size=n),
            "city": rng.choice(["Bern", "Oslo", "Rome"], n),
        }
    )


def small_model(kind="binary", learner=None, *, folds=2, step=None, table=None, y=None):
    """Return a `FittedModel` of one configuration with `folds` fits.

    Parameters
    ----------
    kind : {"binary", "multiclass", "regression"}
    learner : str or Learner, optional
        Default: a linear model.
    step : str or Transform, optional
        A transform that the table goes through first, by its name if it is built in.
    table, y : DataFrame and ndarray, optional
        Rows to fit on in place of `small_table`, and their labels.
    """
    if table is None:
        table = small_table()
    n_rows = table.height
    labels = {
        "binary": np.arange(N_ROWS) % 2,
        "multiclass": np.arange(N_ROWS) % 3,
        "regression": np.arange(N_ROWS) * 1.5,
    }[kind]
    labels = labels if y is None else y
    registry = load_plugins()
    schema, target = Schema.learn(table), TargetEncoder.learn(labels)
    canonical, y = schema.apply(table), target.encode(labels)
    task = Task(
        target.kind,
        n_rows,
        schema.n_numeric,
        schema.n_categorical,
        target.n_classes,
        "rmse" if kind == "regression" else "log_loss",
    )
    if learner is None:
        learner = "ridge" if kind == "regression" else "logistic"
    if isinstance(learner, str):
        learner = registry.learners[learner]
    steps, transforms, stored = (), {}, {}
    if step is not None:
        transform = registry.transforms[step] if isinstance(step, str) else step
        texts = schema.read_texts(table)
        with_texts = canonical.hstack(texts)
        state, made = fit_step(
            transform,
            Step(transform.name),
            TableRows(with_texts, y, None, np.arange(n_rows) % 2),
            summarize(schema, texts=bool(schema.texts)),
            task,
            Resources(),
        )
        canonical = state.join(with_texts, made).drop(texts.columns)
        steps, transforms = (Step(transform.name),), {transform.name: transform}
        stored = {"step-0": store_step(transform, state)}
    encoder = ViewEncoder.fit(canonical, learner.view, None)
    rows = Rows(encoder.transform(canonical), y, None)
    models = {
        f"0-0-{fold}": learner.dump(
            learner.fit(task, {}, rows, None, Resources(seed=fold))
        )
        for fold in range(folds)
    }
    fits = tuple(Fit(name, "view-0", tuple(stored)) for name in models)
    member = Member(Configuration(learner.name, transforms=steps), 1.0, fits)
    ensemble = BaggedEnsemble(
        task,
        (member,),
        {learner.name: learner},
        MemoryStore(models, {"view-0": encoder.to_parts()}, stored),
        transforms,
    )
    return FittedModel(schema, target, ensemble, small_facts(task))


def small_facts(task):
    """Return facts of a fit without trials."""
    labels = tuple(map(str, range(task.n_classes)))
    return Facts(
        FACTS_VERSION,
        "2026-01-31",
        versions_of_makers(),
        TaskFacts(
            task.kind.value, "", labels, task.n_rows, 2, task.metric, False, False
        ),
        ValidationFacts("2 folds, plain", 2, 1, None, None, None, ""),
        (),
        Budget(None, 1, 0.1, "trials", 1, 0, 0, (), (), ()),
    )


def fitted(model, **parameters):
    """Return the estimator that holds a `FittedModel`, as after `fit`."""
    is_classification = model.ensemble.task.kind.is_classification
    estimator = (AutoClassifier if is_classification else AutoRegressor)(**parameters)
    estimator.model_ = model
    estimator._describe(model.schema.names)
    return estimator
