"""A fit in a cell of a notebook: what the cell shows, in a kernel of its own."""

import json
import os
import subprocess
import sys

import pytest

KERNEL = """
import json, sys
from jupyter_client.manager import start_new_kernel

manager, client = start_new_kernel(kernel_name="python3")
shown = []
client.execute_interactive(sys.argv[1], output_hook=shown.append, timeout=60)
client.stop_channels()
manager.shutdown_kernel(now=True)
print(json.dumps([[m["msg_type"], m["content"]] for m in shown], default=str))
"""

CELL = """
import sys
import numpy as np
from headstart import AutoRegressor
from headstart.search.propose import sampler

X = np.random.default_rng(0).normal(size=(60, 3))
X[:, 1] = np.arange(60)
model = AutoRegressor(
    time_limit=None, max_trials=1, learners=["ridge"], random_state=0, n_jobs=1
)
model.fit(X, X[:, 0])
with sampler._quiet_optuna:  # what a longer search imports
    print("optuna" in sys.modules)
"""


@pytest.fixture(scope="module")
def messages():
    """Return what a kernel sends to the front end while a cell fits a model."""
    pytest.importorskip("jupyter_client")
    # What the cell shows does not depend on plugins, which take seconds to import.
    quick = {"HEADSTART_PLUGINS": "headstart"}
    done = subprocess.run(
        [sys.executable, "-c", KERNEL, CELL],
        env={**os.environ, **quick},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return json.loads(done.stdout)


def test_a_fit_prints_nothing_in_red(messages):
    streams = [content for kind, content in messages if kind == "stream"]

    assert [(s["name"], s["text"]) for s in streams] == [("stdout", "True\n")]
    assert not [content for kind, content in messages if kind == "error"]


def test_progress_and_findings_are_one_output_in_html_that_is_replaced(messages):
    shown = [
        (kind, content["data"], content["transient"]["display_id"])
        for kind, content in messages
        if kind.endswith("display_data")
    ]

    assert [kind for kind, *_ in shown].count("display_data") == 1
    assert len({identity for *_, identity in shown}) == 1
    last = shown[-1][1]
    for form in ("text/html", "text/plain"):
        assert "headstart: rmse" in last[form]
        assert "warning: " in last[form]
