"""Checks of all kinds of subjects: import, and transfer to a worker."""

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
    hint="Import its library in fit(), not at the top of the module.",
    after=(),
    place="here",
)
def _import_time(subject: Subject) -> None:
    """Importing its module takes less than a second, without headstart's imports."""
    seconds, _ = _import(subject)
    if seconds > _LONGEST_IMPORT:
        raise CheckError(
            f"Importing {subject.module} takes {seconds:.1f} s of processor time."
        )


@check(
    "import-effects",
    hint="Use definitions only: headstart imports the module at every start, in every "
    "worker.",
    after=(),
    place="here",
)
def _import_effects(subject: Subject) -> None:
    """Importing its module has no side effects."""
    _, effects = _import(subject)
    if effects:
        raise CheckError(
            f"During the import of {subject.module}, {'; '.join(effects)}."
        )


@check(
    "worker-copy",
    hint="Keep no file, lock, generator or lambda in an attribute; create them in "
    "fit().",
    after=("declaration",),
    place="here",
)
def _worker_copy(subject: Subject) -> None:
    """It can be sent to a worker process unchanged."""
    if not subject.packed:
        raise CheckError(subject.unpackable)
    try:
        name = workers.call(_name, subject.packed, seconds=subject.seconds)
    except WorkerDiedError as error:
        raise CheckError(f"Unpickling in a worker process: {error}") from error
    except Exception as error:
        raise CheckError(
            f"Unpickling in a worker process raised {type(error).__name__}: {error}"
        ) from error
    if name != subject.tested.name:
        raise CheckError(
            f"In a worker process its name is {name!r}, not {subject.tested.name!r}."
        )


def _name(packed: bytes) -> str:
    return str(pickle.loads(packed).name)


def _import(subject: Subject) -> tuple[float, list[str]]:
    module = subject.module
    if not _is_importable(module):
        raise NotApplicableError(f"the module {module!r} cannot be imported by name")
    imports = subject.imports
    if module not in imports:
        try:
            imports[module] = workers.call_afresh(
                _import_and_observe, module, sys.path, seconds=subject.seconds
            )
        except WorkerDiedError as error:
            raise CheckError(f"Importing {module}: {error}") from error
        except Exception as error:
            raise CheckError(
                f"Importing {module} raised {type(error).__name__}: {error}"
            ) from error
    return imports[module]


def _import_and_observe(module: str, path: list[str]) -> tuple[float, list[str]]:
    sys.path[:] = path
    imported: list[ModuleType] = []
    started = time.process_time()
    effects = side_effects(lambda: imported.append(importlib.import_module(module)))
    return time.process_time() - started, effects


def _is_importable(module: str) -> bool:
    try:
        return module != "__main__" and importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False


IMPORT_TIME, IMPORT_EFFECTS = _import_time, _import_effects
WORKER_COPY = _worker_copy
