"""Twelve distributions whose plugins misbehave, written into a folder."""

import textwrap

LEARNER = """
import ctypes, os, threading, time
import numpy as np
from headstart.base import Float, Learner, SearchSpace
from headstart.plugins import hookimpl


class Prior(Learner):
    def search_space(self, task):
        return SearchSpace({{"a": Float(0.0, 1.0)}}, default={{"a": 0.5}})

    def fit(self, task, parameters, train, validation, resources):
        return float(train.y.mean())

    def predict(self, model, X, task):
        return np.tile([1 - model, model], (X.n_rows, 1))

    def dump(self, model):
        return {{"mean": repr(model).encode()}}

    def load(self, parts):
        return float(parts["mean"])


class Bad(Prior):
    name = "{name}"

{body}


@hookimpl
def register_learners(register):
    register(Bad())
"""


def method(signature, *lines):
    body = "\n".join(f"    {line}" for line in lines)
    return textwrap.indent(f"def {signature}:\n{body}", "    ")


FIT = "fit(self, task, parameters, train, validation, resources)"

#: By name: what the learner does.
RUNNING = {
    "exits": method(FIT, "os.abort()"),
    "segfaults": method(FIT, "ctypes.string_at(0)"),
    "hangs": method(FIT, "while True:", "    time.sleep(1)"),
    "hoards": method(
        FIT,
        "hoard = []",
        "while len(hoard) < 300:",
        "    hoard.append(np.ones(2_500_000))",
        "    time.sleep(0.01)",
    ),
    "misshapes": method(
        "predict(self, model, X, task)", "return np.zeros((X.n_rows + 1, 3))"
    ),
    "nans": method(
        "predict(self, model, X, task)", "return np.full((X.n_rows, 2), np.nan)"
    ),
    "mutates": method(
        FIT, "train.X.values[:] = 0.0", "return super().fit(task, parameters, train)"
    ),
    "unpicklable": method(
        "dump(self, model)", "import pickle", "return {'m': pickle.dumps(lambda: 1)}"
    ),
    "forks": method(
        FIT,
        "for word in range(1000):",
        "    print('words', word)",
        "if os.fork() == 0:",
        "    time.sleep(30)",
        "return 0.5",
    ),
}

#: By name: the text of the module.
LOADING = {
    "unimportable": "import no_such_library_anywhere",
    "outdated": LEARNER.format(name="outdated", body="    pass")
    + "\nHEADSTART_API_VERSION = 99\n",
    "clashing": LEARNER.format(name="logistic", body="    pass"),
}

#: By name: a word of the reason that must be told.
REASONS = {
    "unimportable": "no_such_library_anywhere",
    "outdated": "version 99",
    "clashing": "'logistic', a name that headstart has taken",
    "exits": "SIGABRT",
    "segfaults": "SIGSEGV",
    "hangs": "did not stop",
    "hoards": "memory",
    "misshapes": "shape",
    "nans": "not finite",
    "mutates": "read-only",
    "unpicklable": "pickle",
    "forks": "forked copies",
}


def install(folder):
    """Write all twelve as distributions that entry points find."""
    modules = {n: LEARNER.format(name=n, body=body) for n, body in RUNNING.items()}
    for name, text in {**modules, **LOADING}.items():
        (folder / f"headstart_{name}.py").write_text(text)
        info = folder / f"headstart_{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: headstart-{name}\nVersion: 1.0\n"
        )
        (info / "entry_points.txt").write_text(
            f"[headstart]\n{name} = headstart_{name}\n"
        )
