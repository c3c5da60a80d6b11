"""The run of one check of one subject, in a worker."""

import pickle
import traceback
from typing import Any

from headstart.testing.catalogue import find_check, make_subject
from headstart.testing.naming import describe
from headstart.testing.outcome import CheckError, CheckStatus, NotApplicableError

__all__ = ["run_check", "run_check_by_id"]

# Checks share the fits of a subject. Only one subject is checked at a time.
_subjects: dict[str, Any] = {}


def run_check_by_id(kind: str, id: str, key: str, packed: bytes) -> tuple[str, str]:  # noqa: A002
    """Return status and message of the check `id` of a pickled subject.

    Parameters
    ----------
    kind : {"learner", "transform", "metric"}
    id : str
    key : str
        Identifier of the subject, whose fits are kept between calls.
    packed : bytes
        The pickled subject.
    """
    if key not in _subjects:
        _subjects.clear()
        _subjects[key] = make_subject(kind, pickle.loads(packed), packed)
    return run_check(find_check(kind, id).function, _subjects[key])


def run_check(function: Any, subject: Any) -> tuple[str, str]:
    """Return status and message of a check."""
    try:
        function(subject)
    except NotApplicableError as reason:
        return CheckStatus.SKIPPED, str(reason)
    except CheckError as error:
        return CheckStatus.FAILED, f"{error}{_location_of_cause(error)}"
    except Exception as error:
        return CheckStatus.FAILED, f"{describe(error)}{_location(error)}"
    return CheckStatus.PASSED, ""


def _location_of_cause(error: BaseException) -> str:
    return "" if error.__cause__ is None else _location(error.__cause__)


def _location(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return ""
    frame = frames[-1]
    return f" ({frame.filename.rpartition('/')[2]}, line {frame.lineno})"
