"""Checks of all subjects: import, and transfer to a worker."""

import importlib
import importlib.util
import pickle
import sys
import time
from typing import TYPE_CHECKING

from headstart.exceptions import WorkerDiedError
from headstart.testing import workers
from headstart.testing.check import check
from headstart.testing.outcome import CheckError, NotApplicableError
from headstart.testing.side_effects import side_effects
from headstart.testing.subject import Subject

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["IMPORT_EFFECTS", "IMPORT_TIME", "WORKER_COPY"]

_LONGEST_IMPORT = 1.0


@check(
    "import-time",
    hint="Import the library behind it in fit(), not at the top of the module.",
    after=(),
    place="here",
)
def _import_time(subject: Subject) -> None:
    """Importing its module takes less than a second beyond what headstart imports."""
    seconds, _ = _import(subject)
    if seconds > _LONGEST_IMPORT:
        raise CheckError(
            f"Importing {subject.module} takes {seconds:.1f} s of processor time."
        )


@check(
    "import-effects",
    hint="Let the module define things and do nothing: headstart imports it at every "
    "start, in every worker.",
    after=(),
    place="here",
)
def _import_effects(subject: Subject) -> None:
    """Importing its module prints nothing, starts nothing, changes nothing."""
    _, found = _import(subject)
    if found:
        raise CheckError(f"On import of {subject.module} {'; '.join(found)}.")


@check(
    "worker-copy",
    hint="Keep no file, lock, generator or lambda in an attribute: what it needs it "
    "can make in fit().",
    after=("declaration",),
    place="here",
)
def _worker_copy(subject: Subject) -> None:
    """It can be sent to a worker process and is the same there."""
    if not subject.packed:
        raise CheckError(subject.unpackable)
    try:
        name = workers.call(_name, subject.packed, seconds=subject.seconds)
    except WorkerDiedError as error:
        raise CheckError(f"Unpickled in a worker process: {error}") from error
    except Exception as error:
        raise CheckError(
            f"Unpickled in a worker process it raised {type(error).__name__}: {error}"
        ) from error
    if name != subject.thing.name:
        raise CheckError(
            f"In a worker process its name is {name!r}, not {subject.thing.name!r}."
        )


def _name(packed: bytes) -> str:
    return str(pickle.loads(packed).name)


def _import(subject: Subject) -> tuple[float, list[str]]:
    module = subject.module
    if not _is_importable(module):
        raise NotApplicableError(f"the module {module!r} cannot be imported by name")
    known = subject.imports
    if module not in known:
        try:
            known[module] = workers.call_afresh(
                _import_and_look, module, sys.path, seconds=subject.seconds
            )
        except WorkerDiedError as error:
            raise CheckError(f"Importing {module}: {error}") from error
        except Exception as error:
            raise CheckError(
                f"Importing {module} raised {type(error).__name__}: {error}"
            ) from error
    return known[module]


def _import_and_look(module: str, path: list[str]) -> tuple[float, list[str]]:
    sys.path[:] = path
    imported: list[ModuleType] = []
    started = time.process_time()
    found = side_effects(lambda: imported.append(importlib.import_module(module)))
    return time.process_time() - started, found


def _is_importable(module: str) -> bool:
    try:
        return module != "__main__" and importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False


IMPORT_TIME, IMPORT_EFFECTS = _import_time, _import_effects
WORKER_COPY = _worker_copy
