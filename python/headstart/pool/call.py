"""Serialisation of calls to another process and of their answers.

Everything is pickled by `headstart.pool.pickling`, in both directions: functions
and classes defined in ``__main__``, a notebook or a REPL travel by value.
"""

import pickle
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from headstart.exceptions import WorkerDiedError
from headstart.pool.pickling import dumps

__all__ = ["pack_call", "run_packed", "unpack_answer"]

_RESULT, _ERROR = b"+", b"-"


def pack_call(
    fn: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]
) -> bytes:
    """Return the call as bytes.

    Parameters
    ----------
    fn : callable
    args : sequence
    kwargs : mapping

    Raises
    ------
    TypeError
        If a part of it cannot be pickled.
    """
    try:
        return dumps((fn, tuple(args), dict(kwargs)))
    except Exception as error:
        raise TypeError(
            f"The call of {getattr(fn, '__qualname__', fn)!r} cannot be sent to "
            f"another process: {error}"
        ) from error


def run_packed(packed: bytes) -> bytes:
    """Run a packed call and return its packed answer, also after an exception.

    ``sys.exit`` in the call becomes an answer too: a call must end neither its worker
    nor, when the answer is read, the user's program.
    """
    try:
        fn, args, kwargs = pickle.loads(packed)
        return _RESULT + dumps(fn(*args, **kwargs))
    except Exception as error:
        return _ERROR + _pack_error(error)
    except BaseException as error:
        # SystemExit, KeyboardInterrupt, or another BaseException of a library.
        return _ERROR + _pack_error(
            WorkerDiedError(
                f"The call ended with {type(error).__name__}({error}).",
                "crash",
                traceback.format_exc(),
            )
        )


def unpack_answer(answer: bytes) -> Any:
    """Return the result in `answer`, or raise the error in it.

    The worker's traceback is added to the error as a note.
    """
    tag, body = answer[:1], answer[1:]
    if tag == _RESULT:
        return pickle.loads(body)
    packed, summary, trace = pickle.loads(body)
    try:
        error = pickle.loads(packed)
    except Exception:
        # Its class takes other arguments than it stores, or cannot be imported.
        error = RuntimeError(summary)
    if not isinstance(error, Exception):
        error = RuntimeError(summary)
    error.add_note(f"Traceback in the worker process:\n{trace}")
    raise error


def _pack_error(error: BaseException) -> bytes:
    summary = f"{type(error).__name__}: {error}"
    trace = "".join(traceback.format_exception(error))
    try:
        packed = dumps(error)
    except Exception:
        packed = b""
    return pickle.dumps((packed, summary, trace))
