"""Checks that stored models load unchanged, and that damaged ones are refused."""

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
from headstart.testing.learners.subject import Kept, LearnerSubject
from headstart.testing.outcome import CheckError

__all__ = ["CHECKS"]


@check(
    "dump-load",
    hint="Store numbers at full precision and load them as they are: model files are "
    "read in other processes.",
    place="here",
)
def _dump_load(subject: LearnerSubject) -> None:
    """A stored model predicts the same bits in a fresh process."""
    try:
        stored = workers.call(_store, subject.packed, seconds=subject.seconds)
        found = workers.call_afresh(
            _restore, subject.packed, stored, seconds=subject.seconds
        )
    except WorkerDiedError as error:
        raise CheckError(str(error)) from error
    for (kind, _, expected), again in zip(stored, found, strict=True):
        if not np.array_equal(expected, again):
            worst = float(np.abs(expected - again).max())
            raise CheckError(
                f"A stored and loaded model of a {kind} task predicts differently: by "
                f"up to {worst:.3g}."
            )


def _store(packed: bytes) -> list[tuple[TaskKind, Parts, FloatArray]]:
    subject = LearnerSubject(pickle.loads(packed))
    found = []
    for kind in subject.kinds:
        fitted = subject.fitted(kind)
        parts = subject.dump(fitted.model)
        contents: dict[str, object] = {**parts}
        wrong = [n for n, part in contents.items() if not isinstance(part, bytes)]
        if wrong:
            raise CheckError(f"dump() must return bytes. {wrong[0]!r} is none.")
        prediction = subject.predict(kind, fitted.model, fitted.train.X)
        found.append((kind, parts, prediction))
    return found


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
    hint="Let load() rebuild all that dump() writes.",
)
def _dump_again(subject: LearnerSubject) -> None:
    """A loaded model can be stored and loaded again, and predicts the same bits."""
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
    hint="Store all that predict() reads: sets of categories, which classes the fold "
    "had, what other parameters make of the model.",
    after=("dump-load", "dump-again"),
)
def _dump_variants(subject: LearnerSubject) -> None:
    """Models of other parameters, of categories, of fewer classes come back whole."""
    for kept in _variants(subject):
        kind = kept.task.kind
        loaded = subject.load(subject.dump(kept.model))
        again = subject.predict(kind, loaded, kept.X, kept.task)
        if not np.array_equal(kept.prediction, again):
            worst = float(np.abs(kept.prediction - again).max())
            raise CheckError(
                f"A stored and loaded model {kept.what} of a {kind} task predicts "
                f"differently: by up to {worst:.3g}."
            )


def _variants(subject: LearnerSubject) -> Iterator[Kept]:
    # What cannot be fitted is for other checks.
    for kind in subject.kinds:
        # Loaders that check each tree take a while: the points are of one kind.
        last = kind is subject.kinds[-1]
        for fit in (fit_points, fit_category, refit) if last else (fit_category,):
            with contextlib.suppress(CheckError):
                yield from fit(subject, kind)
    if TaskKind.MULTICLASS in subject.kinds:
        with contextlib.suppress(CheckError):
            yield from fit_absent_classes(subject)


@check(
    "damaged-parts",
    hint="Check what load() is given, and raise headstart.exceptions.ArtifactError; "
    "never unpickle: model files come from anywhere.",
)
def _damaged_parts(subject: LearnerSubject) -> None:
    """Parts that dump() did not write are refused with an ArtifactError."""
    for kind in subject.kinds:
        parts = subject.dump(subject.fitted(kind).model)
        for what, wrong in damaged(parts):
            try:
                subject.learner.load(wrong)
            except ArtifactError:
                continue
            except Exception as error:
                raise CheckError(
                    f"load() of {what} raised {type(error).__name__} instead of "
                    "ArtifactError."
                ) from error
            raise CheckError(f"load() accepted {what}.")


CHECKS = (_dump_load, _dump_again, _dump_variants, _damaged_parts)
