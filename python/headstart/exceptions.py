"""Every error headstart raises on purpose.

Each one is also a builtin error, so that code which knows nothing of headstart can
catch it: a wrong argument is a ``ValueError`` whoever raises it.
"""

__all__ = [
    "ArtifactError",
    "BudgetError",
    "ColumnError",
    "FitError",
    "ForkedProcessError",
    "HeadstartError",
    "HeadstartWarning",
    "KnowledgeBaseError",
    "MissingPluginError",
    "PluginError",
    "RunFolderError",
    "TableError",
    "TransformError",
    "WorkerDiedError",
]


class HeadstartError(Exception):
    """Base class of headstart's errors."""


class HeadstartWarning(UserWarning):
    """Something the user should know, that did not stop the work."""


class TableError(HeadstartError, ValueError):
    """A table cannot be read, or is not one that can be learnt from."""


class ColumnError(TableError):
    """A column is missing, doubled, or holds what its kind does not allow."""


class BudgetError(HeadstartError, ValueError):
    """A limit of time, trials, cores or memory is not one that can be kept."""


class PluginError(HeadstartError, ValueError):
    """A plugin, or what it registered, is not usable."""


class KnowledgeBaseError(HeadstartError, ValueError):
    """A knowledge base cannot be used, or what it is to take in is no record."""


class MissingPluginError(HeadstartError, ImportError):
    """Something needs a plugin or package that is not installed."""


class TransformError(HeadstartError, RuntimeError):
    """A transform raised, or made of a table what it may not.

    Parameters
    ----------
    message : str
        What it did, in one line, its name included.
    transform : str
        Its name.
    kind : {"error", "memory"}
    """

    def __init__(self, message: str, transform: str, kind: str = "error") -> None:
        super().__init__(message)
        self.transform = transform
        self.kind = kind


class WorkerDiedError(HeadstartError, RuntimeError):
    """The process of a fold fit ended before it answered.

    Parameters
    ----------
    message : str
        Why, in one line, for people.
    kind : {"crash", "timeout", "memory", "cancelled", "lost"}
        Killed by its own fault; stopped at its deadline; stopped above its memory
        limit; stopped because its answer was no longer wanted; gone with the place
        where it ran, which is not known to be its fault.
    details : str
        What the process printed last, for the log.
    """

    def __init__(self, message: str, kind: str = "crash", details: str = "") -> None:
        super().__init__(message)
        self.kind = kind
        self.details = details


class ForkedProcessError(HeadstartError, RuntimeError):
    """A forked process would wait for ever for threads that its parent has."""


class RunFolderError(HeadstartError, RuntimeError):
    """A run folder cannot be written, or belongs to another run."""


class FitError(HeadstartError, RuntimeError):
    """No trial of a fit succeeded."""


class ArtifactError(HeadstartError, ValueError):
    """A model file is damaged, unsafe, or from a version that cannot be read."""
