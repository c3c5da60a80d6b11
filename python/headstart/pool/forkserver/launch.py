"""Start the forkserver: a fresh interpreter with the import path of this one."""

import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from headstart.pool.forkserver.link import ForkserverLink

__all__ = ["THREAD_VARIABLES", "launch_forkserver", "why_not_launched"]

# One thread a library, unless the caller knows better: workers share the cores. Set
# before anything is imported, for most libraries read them only then.
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

# `sys` is built in: until the path is set, no file of the working folder that happens
# to be called json.py can be imported. `__main__` stays empty, which is the point.
_BOOTSTRAP = """\
import sys
sys.path[:] = sys.argv[3:]
from headstart.pool.forkserver.server import serve
serve(int(sys.argv[1]), int(sys.argv[2]))
"""


def why_not_launched() -> str:
    """Return why this interpreter cannot start a forkserver, empty where it may."""
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
    """Start a forkserver; return at once, before it has imported anything.

    It dies with the *thread* that calls this (on Linux), so that thread must live as
    long as the forkserver is wanted.

    Parameters
    ----------
    environment : mapping of str to str
        Variables to set over the inherited ones and over `THREAD_VARIABLES`.

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
            # Out of reach of the terminal's Ctrl-C and of `kill -- -group`.
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
    """Return where the user's modules are found, in the order of `sys.path`."""
    try:
        here = str(Path.cwd())
    except OSError:  # the folder has been removed
        here = ""
    return [entry or here for entry in sys.path]
