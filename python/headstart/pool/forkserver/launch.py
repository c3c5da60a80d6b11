"""Start the forkserver: a fresh interpreter with the import path of this one."""

import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from headstart.pool.forkserver.link import ForkserverLink

__all__ = ["THREAD_VARIABLES", "launch_forkserver", "why_not_launched"]

# One thread per library unless the caller sets another number, since workers share the
# cores. Most libraries read these variables only when they are imported.
THREAD_VARIABLES = dict.fromkeys(
    (
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "BLIS_NUM_THREADS",
        "VECLIB_MAXIMUM_THREADS",
        "NUMEXPR_NUM_THREADS",
        "POLARS_MAX_THREADS",
        "RAYON_NUM_THREADS",
    ),
    "1",
)

_FORK_SAFETY = {
    # pyarrow's allocator (which scikit-learn reaches by way of pandas) and polars'
    # start a thread when they are imported; the forkserver must fork with one only.
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
    "_RJEM_MALLOC_CONF": "background_thread:false",
    # macOS ends forked processes that touch its frameworks.
    "OBJC_DISABLE_INITIALIZE_FORK_SAFETY": "YES",
}

# Only `sys`, which is built in, is imported before the path is set, so that no file
# of the working folder (a json.py, for instance) can be imported. `__main__` must stay
# empty, so that nothing of the user's program is run again.
_BOOTSTRAP = """\
import sys
sys.path[:] = sys.argv[3:]
from headstart.pool.forkserver.server import serve
serve(int(sys.argv[1]), int(sys.argv[2]))
"""


def why_not_launched() -> str:
    """Return why this interpreter cannot start a forkserver; empty if it can."""
    if not (hasattr(os, "fork") and hasattr(socket, "send_fds")):
        return f"the system ({sys.platform}) cannot fork processes"
    if getattr(sys, "frozen", False):
        # Its executable is the user's program: starting it would run that again.
        return "this program is frozen into one executable"
    if not sys.executable:
        return "the path of the Python interpreter is not known"
    if not Path(sys.executable).exists():
        return f"the Python interpreter {sys.executable!r} is not there"
    return ""


def launch_forkserver(environment: Mapping[str, str]) -> ForkserverLink:
    """Start a forkserver and return its link before it has imported anything.

    On Linux it dies with the *thread* that calls this, so that thread must live as long
    as the forkserver is needed.

    Parameters
    ----------
    environment : mapping of str to str
        Variables that override the inherited ones and `THREAD_VARIABLES`.

    Raises
    ------
    OSError
        If the interpreter cannot be started.
    """
    ours, theirs = socket.socketpair()
    output_read, output_write = os.pipe()
    try:
        process = subprocess.Popen(
            [
                sys.executable,
                "-c",
                _BOOTSTRAP,
                str(theirs.fileno()),
                str(os.getpid()),
                *_import_path(),
            ],
            stdin=subprocess.DEVNULL,
            stdout=output_write,
            stderr=output_write,
            pass_fds=(theirs.fileno(),),
            # So that the terminal's Ctrl-C and `kill -- -group` do not reach it.
            start_new_session=True,
            env={**_FORK_SAFETY, **os.environ, **THREAD_VARIABLES, **environment},
        )
    except BaseException:
        ours.close()
        os.close(output_read)
        raise
    finally:
        theirs.close()
        os.close(output_write)
    return ForkserverLink(process, ours, output_read)


def _import_path() -> list[str]:
    """Return the import path of the user's program, in the order of `sys.path`."""
    try:
        here = str(Path.cwd())
    except OSError:  # the folder has been removed
        here = ""
    return [entry or here for entry in sys.path]
