"""Checks that stored models load unchanged, and that damaged models are refused."""

import contextlib
import pickle
from collections.abc import Iterator

import numpy as np

from headstart.base import FloatArray, Parts, TaskKind
from headstart.exceptions import ArtifactError, WorkerDiedError
from headstart.testing import workers
from headstart.testing.check import check
from headstart.testing.damage import damaged
from headstart.testing.learners.fitting import fit_points, refit
from headstart.testing.learners.rows import fit_absent_classes, fit_category
from headstart.testing.learners.subject import KeptModel, LearnerSubject
from headstart.testing.outcome import CheckError

__all__ = ["CHECKS"]


@check(
    "dump-load",
    hint="Store and load numbers with full precision, and keep no state outside of the "
    "model: another process reads it.",
    place="here",
)
def _dump_load(subject: LearnerSubject) -> None:
    """A stored model predicts bitwise the same in a new process."""
    try:
        stored = workers.call(_store, subject.packed, seconds=subject.seconds)
        predictions = workers.call_afresh(
            _restore, subject.packed, stored, seconds=subject.seconds
        )
    except WorkerDiedError as error:
        raise CheckError(str(error)) from error
    for (kind, _, expected), prediction in zip(stored, predictions, strict=True):
        if not np.array_equal(expected, prediction):
            worst = float(np.abs(expected - prediction).max())
            raise CheckError(
                f"A stored and loaded model of a {kind} task predicts differently: by "
                f"up to {worst:.3g}."
            )


def _store(packed: bytes) -> list[tuple[TaskKind, Parts, FloatArray]]:
    subject = LearnerSubject(pickle.loads(packed))
    stored = []
    for kind in subject.kinds:
        fitted = subject.fitted(kind)
        parts = subject.dump(fitted.model)
        contents: dict[str, object] = {**parts}
        wrong = [n for n, part in contents.items() if not isinstance(part, bytes)]
        if wrong:
            raise CheckError(f"dump() must return bytes. {wrong[0]!r} is not bytes.")
        prediction = subject.predict(kind, fitted.model, fitted.train.X)
        stored.append((kind, parts, prediction))
    return stored


def _restore(
    packed: bytes, stored: list[tuple[TaskKind, Parts, FloatArray]]
) -> list[FloatArray]:
    subject = LearnerSubject(pickle.loads(packed))
    return [
        subject.predict(kind, subject.load(parts), subject.rows(kind)[0].X)
        for kind, parts, _ in stored
    ]


@check(
    "dump-again",
    hint="Restore all content of dump() in load().",
)
def _dump_again(subject: LearnerSubject) -> None:
    """A loaded model can be stored and loaded again, and predicts bitwise the same."""
    for kind in subject.kinds:
        fitted = subject.fitted(kind)
        once = subject.load(subject.dump(fitted.model))
        twice = subject.load(subject.dump(once))
        X = fitted.validation.X
        if not np.array_equal(
            subject.predict(kind, once, X), subject.predict(kind, twice, X)
        ):
            raise CheckError(
                f"A model of a {kind} task that was stored twice predicts differently."
            )


@check(
    "dump-variants",
    hint="Store everything that predict() needs: sets of categories, the fold's "
    "classes, and the effects of other parameters.",
    after=("dump-load", "dump-again"),
)
def _dump_variants(subject: LearnerSubject) -> None:
    """Models with other parameters, categories or fewer classes load unchanged."""
    for result in _variants(subject):
        kind = result.task.kind
        loaded = subject.load(subject.dump(result.model))
        prediction = subject.predict(kind, loaded, result.X, result.task)
        if not np.array_equal(result.prediction, prediction):
            worst = float(np.abs(result.prediction - prediction).max())
            raise CheckError(
                f"A stored and loaded model {result.description} of a {kind} task "
                f"predicts differently: by up to {worst:.3g}."
            )


def _variants(subject: LearnerSubject) -> Iterator[KeptModel]:
    # Other checks report failed fits.
    for kind in subject.kinds:
        # Loaders that check each tree are slow, hence points of one kind only.
        last = kind is subject.kinds[-1]
        for fit in (fit_points, fit_category, refit) if last else (fit_category,):
            with contextlib.suppress(CheckError):
                yield from fit(subject, kind)
    if TaskKind.MULTICLASS in subject.kinds:
        with contextlib.suppress(CheckError):
            yield from fit_absent_classes(subject)


@check(
    "damaged-parts",
    hint="Check the argument of load(), and raise headstart.exceptions.ArtifactError. "
    "Never unpickle: model files may be untrusted.",
)
def _damaged_parts(subject: LearnerSubject) -> None:
    """Parts that dump() did not write raise an ArtifactError."""
    for kind in subject.kinds:
        parts = subject.dump(subject.fitted(kind).model)
        for description, damaged_parts in damaged(parts):
            try:
                subject.learner.load(damaged_parts)
            except ArtifactError:
                continue
            except Exception as error:
                raise CheckError(
                    f"load() of {description} raised {type(error).__name__} instead of "
                    "ArtifactError."
                ) from error
            raise CheckError(f"load() accepted {description}.")


CHECKS = (_dump_load, _dump_again, _dump_variants, _damaged_parts)
