"""Ctrl-C ends the search and keeps the best model so far."""

import os
import signal
import subprocess
import sys
import textwrap

import pytest

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


@pytest.mark.skipif(os.name != "posix", reason="sends SIGINT")
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
