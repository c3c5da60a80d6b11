"""The worker's part of a check: run one check of one subject."""

import pickle
import traceback
from typing import Any

from headstart.testing.catalogue import find_check, make_subject
from headstart.testing.naming import describe
from headstart.testing.outcome import CheckError, CheckStatus, NotApplicableError

__all__ = ["ask", "ask_by_id"]

# What was fitted for one check serves the next; one thing is checked at a time.
_subjects: dict[str, Any] = {}


def ask_by_id(kind: str, id: str, key: str, packed: bytes) -> tuple[str, str]:  # noqa: A002
    """Return status and message of the check `id` on the subject in `packed`."""
    if key not in _subjects:
        _subjects.clear()
        _subjects[key] = make_subject(kind, pickle.loads(packed), packed)
    return ask(find_check(kind, id).function, _subjects[key])


def ask(function: Any, subject: Any) -> tuple[str, str]:
    """Return status and message of a check."""
    try:
        function(subject)
    except NotApplicableError as reason:
        return CheckStatus.SKIPPED, str(reason)
    except CheckError as error:
        return CheckStatus.FAILED, f"{error}{_place_of_cause(error)}"
    except Exception as error:
        return CheckStatus.FAILED, f"{describe(error)}{_place(error)}"
    return CheckStatus.PASSED, ""


def _place_of_cause(error: BaseException) -> str:
    return "" if error.__cause__ is None else _place(error.__cause__)


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return ""
    last = frames[-1]
    return f" ({last.filename.rpartition('/')[2]}, line {last.lineno})"
