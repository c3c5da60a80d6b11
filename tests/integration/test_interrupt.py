"""Ctrl-C ends the search and keeps the best model so far."""

import os
import signal
import subprocess
import sys
import textwrap

import pytest

from headstart.search.run.folder import RunFolder

pytestmark = pytest.mark.workers

SCRIPT = """
    import signal

    # Where the tests run in the background, Ctrl-C is ignored and children inherit it.
    signal.signal(signal.SIGINT, signal.default_int_handler)

    from sklearn.datasets import load_breast_cancer
    from headstart import AutoClassifier
    from headstart.base.events import IncumbentChanged

    def tell(event):
        if isinstance(event, IncumbentChanged):
            print("incumbent", flush=True)

    X, y = load_breast_cancer(return_X_y=True)
    model = AutoClassifier(time_limit=250, random_state=0).fit(X, y, listeners=[tell])
    print("fitted", model.info()["ended"], model.score(X, y) > 0.9, flush=True)
"""


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")
def test_ctrl_c_returns_the_best_so_far_as_a_fitted_model():
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(SCRIPT)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "incumbent\n"
    # To the whole group, as a terminal does: workers take no notice.
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert out.splitlines()[-1] == "fitted interrupted True"
    assert "Traceback" not in err


TERMINATED = """
    import signal, sys
    from sklearn.datasets import load_breast_cancer
    from headstart import AutoClassifier
    from headstart.base.events import IncumbentChanged

    def tell(event):
        if isinstance(event, IncumbentChanged):
            print("incumbent", flush=True)

    X, y = load_breast_cancer(return_X_y=True)
    run_dir = None if sys.argv[1] == "none" else sys.argv[1]
    AutoClassifier(time_limit=250, random_state=0, run_dir=run_dir).fit(
        X, y, listeners=[tell]
    )
    print("not reached")
"""


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")
@pytest.mark.parametrize("kept", [pytest.param(False, marks=pytest.mark.slow), True])
def test_sigterm_ends_the_program_after_the_run_is_closed(tmp_path, kept):
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    run_dir = tmp_path / "run" if kept else "none"
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(TERMINATED), str(run_dir)],
        env={**os.environ, "TMPDIR": str(temporary)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "incumbent\n"
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=60)

    assert process.returncode == -signal.SIGTERM, err
    assert "not reached" not in out
    assert "Traceback" not in err
    assert list(temporary.iterdir()) == []
    if kept:
        folder = RunFolder(run_dir, resume=True)
        assert folder.journal.trials()
        folder.close()
