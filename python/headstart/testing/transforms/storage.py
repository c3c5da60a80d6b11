"""Checks that stored transforms load unchanged, and damaged ones are refused."""

import pickle
from dataclasses import replace
from typing import Any

from headstart.base import Parts, TaskKind
from headstart.exceptions import ArtifactError, WorkerDiedError
from headstart.testing import workers
from headstart.testing.check import check
from headstart.testing.damage import damaged
from headstart.testing.naming import naming
from headstart.testing.outcome import CheckError
from headstart.testing.transforms.subject import FittedTable, TransformSubject

__all__ = ["CHECKS"]


@check(
    "dump-load",
    hint="Store and load numbers with full precision, and keep no state outside of the "
    "fitted transform: another process reads it.",
    place="here",
)
def _dump_load(subject: TransformSubject) -> None:
    """A stored transform returns bitwise the same in a new process."""
    try:
        stored = workers.call(_store, subject.packed, seconds=subject.seconds)
        tables = workers.call_afresh(
            _restore, subject.packed, stored, seconds=subject.seconds
        )
    except WorkerDiedError as error:
        raise CheckError(str(error)) from error
    for (kind, _, _, expected), table in zip(stored, tables, strict=True):
        if not expected.equals(table):
            raise CheckError(
                f"A stored and loaded transform of a {kind} task returns other columns."
            )


@check(
    "damaged-parts",
    hint="Check the argument of load(), and raise headstart.exceptions.ArtifactError. "
    "Never unpickle: model files may be untrusted.",
)
def _damaged_parts(subject: TransformSubject) -> None:
    """Parts that dump() did not write raise an ArtifactError."""
    for kind in subject.kinds:
        parts = _dump(subject, kind)
        if not parts:
            continue  # a transform without fitted state
        for description, damaged_parts in damaged(parts):
            try:
                subject.transform.load(damaged_parts)
            except ArtifactError:
                continue
            except Exception as error:
                raise CheckError(
                    f"load() of {description} raised {type(error).__name__} instead of "
                    "ArtifactError."
                ) from error
            raise CheckError(f"load() accepted {description}.")


def _dump(subject: TransformSubject, kind: TaskKind) -> Parts:
    with naming("dump()"):
        return subject.transform.dump(subject.fitted(kind).step.state)


def _store(packed: bytes) -> list[tuple[TaskKind, Parts, FittedTable, Any]]:
    subject = TransformSubject(pickle.loads(packed))
    stored = []
    for kind in subject.kinds:
        fitted = subject.fitted(kind)
        columns = subject.apply(kind, fitted, subject.held_out())
        stateless = FittedTable(replace(fitted.step, state=None), fitted.made)
        stored.append((kind, _dump(subject, kind), stateless, columns))
    return stored


def _restore(
    packed: bytes, stored: list[tuple[TaskKind, Parts, FittedTable, Any]]
) -> list[Any]:
    subject = TransformSubject(pickle.loads(packed))
    tables = []
    for kind, parts, fitted, _ in stored:
        with naming("load()"):
            state = subject.transform.load(parts)
        step = replace(fitted.step, state=state)
        loaded = FittedTable(step, fitted.made)
        tables.append(subject.apply(kind, loaded, subject.held_out()))
    return tables


CHECKS = (_dump_load, _damaged_parts)
