import sys
import threading

import pytest

from headstart.exceptions import WorkerDiedError
from headstart.pool.call import pack_call, run_packed, unpack_answer


class PickyError(Exception):
    """Pickles, but cannot be unpickled: it takes another argument than it stores."""

    def __init__(self, *, column):
        super().__init__(f"column {column}")

    # Libraries that make every error readable (tblib) ask for this first.
    def __reduce__(self):
        return _refuse, ()


def _refuse():
    raise TypeError("no column")


def answer(fn, *args, **kwargs):
    return unpack_answer(run_packed(pack_call(fn, args, kwargs)))


def test_a_call_gives_its_result():
    assert answer(divmod, 7, 2) == (3, 1)


def test_keywords_are_passed():
    assert answer(int, "11", base=2) == 3


def test_a_lambda_can_be_called():
    assert answer(lambda x: x + 1, 1) == 2


def test_an_error_is_raised_with_the_traceback_of_the_worker():
    with pytest.raises(ZeroDivisionError) as caught:
        answer(lambda: 1 / 0)

    assert "in the worker" in caught.value.__notes__[0]
    assert "1 / 0" in caught.value.__notes__[0]


def test_an_error_that_cannot_be_unpickled_keeps_its_message():
    def fail():
        raise PickyError(column="age")

    with pytest.raises(RuntimeError, match="PickyError: column age"):
        answer(fail)


def test_a_result_that_cannot_be_pickled_is_an_error():
    with pytest.raises(TypeError, match="lock"):
        answer(threading.Lock)


def interrupt():
    # Not by exec(): a KeyboardInterrupt out of one ends the whole session with 130.
    raise KeyboardInterrupt


@pytest.mark.parametrize("leave", [sys.exit, interrupt])
def test_leaving_the_program_is_an_error_of_the_call(leave):
    with pytest.raises(WorkerDiedError) as caught:
        answer(leave)

    assert caught.value.kind == "crash"


def test_a_call_that_cannot_be_pickled_is_named():
    with pytest.raises(TypeError, match="'len' cannot be sent"):
        pack_call(len, [threading.Lock()], {})
