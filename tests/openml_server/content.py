"""What the server has: datasets, tasks, suites, flows, setups, runs, users.

Suites, and tasks over a table that OpenML has too, carry the numbers they have there;
the others are numbered from 90,001.
"""

import json
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path

from .tables import Column, Table

__all__ = [
    "TASKS",
    "Content",
    "Flow",
    "Run",
    "Setup",
    "Suite",
    "TaskEntry",
    "packaged_content",
    "packaged_tables",
]

_EVALUATIONS = Path(__file__).with_name("evaluations.json")


@dataclass(frozen=True)
class TaskEntry:
    """A task: type 1 is supervised classification, type 2 supervised regression."""

    task_id: int
    task_type_id: int
    did: int
    target: str

    @property
    def task_type(self):
        names = {1: "Supervised Classification", 2: "Supervised Regression"}
        return names.get(self.task_type_id, "Learning Curve")

    @property
    def procedure(self):
        """Number of the estimation procedure: 10 folds, stratified or not."""
        return 1 if self.task_type_id == 1 else 7


TASKS = (
    TaskEntry(59, 1, 61, "class"),
    TaskEntry(9946, 1, 1510, "Class"),
    TaskEntry(28, 1, 28, "class"),
    TaskEntry(90_001, 1, 90_001, "class"),
    TaskEntry(90_002, 2, 90_002, "progression"),
    TaskEntry(90_003, 2, 61, "petalwidth"),
)
"""The tasks over the packaged tables."""


@dataclass(frozen=True)
class Suite:
    """A named list of tasks."""

    suite_id: int
    alias: str
    name: str
    tasks: tuple


@dataclass(frozen=True)
class Flow:
    """An algorithm by name, with its parameters' defaults as JSON text.

    `component` is the name of the sub-flow that the parameters belong to.
    """

    flow_id: int
    name: str
    component: str
    defaults: dict
    external_version: str = "sklearn==1.9.1"

    @property
    def parameter_ids(self):
        return {name: 100 * self.flow_id + i for i, name in enumerate(self.defaults)}


@dataclass(frozen=True)
class Setup:
    """A flow with values for its parameters, as JSON text."""

    setup_id: int
    flow_id: int
    values: dict


@dataclass(frozen=True)
class Run:
    """A setup run on a task, with its scores by function."""

    run_id: int
    task_id: int
    setup_id: int
    scores: dict
    uploader: int = 1
    upload_time: str = "2026-11-22 12:00:00"


@dataclass(frozen=True)
class Content:
    """Everything; listings are in the order given.

    Parameters
    ----------
    overlap : int
        Rows of an evaluation page that were on the page before already: the real
        server does not order what it lists.
    """

    tables: tuple = ()
    tasks: tuple = ()
    suites: tuple = ()
    flows: tuple = ()
    setups: tuple = ()
    runs: tuple = ()
    users: dict = field(default_factory=lambda: {1: "headstart-tests"})
    overlap: int = 0

    @cached_property
    def table_of(self):
        return {t.did: t for t in self.tables}

    @cached_property
    def task_of(self):
        return {t.task_id: t for t in self.tasks}

    @cached_property
    def flow_of(self):
        return {f.flow_id: f for f in self.flows}

    @cached_property
    def setup_of(self):
        return {s.setup_id: s for s in self.setups}


@cache
def packaged_content():
    """Return what the server has where nothing else is told."""
    suites = (
        Suite(99, "OpenML-CC18", "OpenML-CC18 Curated Classification", (28, 59, 9946)),
        Suite(271, "amlb-classification-all", "AutoML Benchmark", (59, 9946, 90_001)),
        Suite(269, "amlb-regression-all", "AutoML Benchmark", (90_002, 90_003)),
    )
    flows, setups, runs = _evaluations()
    return Content(packaged_tables(), TASKS, suites, flows, setups, runs)


def packaged_tables():
    """Return tables that scikit-learn brings along; of the digits a part."""
    from sklearn import datasets

    iris, wine = datasets.load_iris(), datasets.load_wine()
    cancer, digits = datasets.load_breast_cancer(), datasets.load_digits()
    diabetes = datasets.load_diabetes(scaled=False)
    species = [f"Iris-{name}" for name in iris.target_names]
    names = ("sepallength", "sepalwidth", "petallength", "petalwidth")
    labels = [str(n) for n in range(10)]
    some = slice(0, 360)  # Of the digits: enough, and quickly read.
    columns = dict(zip(diabetes.feature_names, diabetes.data.T, strict=True))
    sex = Column.nominal("sex", [str(int(v)) for v in columns.pop("sex")])
    return (
        _table(61, "iris", names, iris.data, "class", iris.target, species),
        _table(
            1510, "wdbc", _numbered("V", 30), cancer.data, "Class", cancer.target,
            ("1", "2"),
        ),
        _table(
            28, "optdigits", _numbered("input", 64), digits.data[some], "class",
            digits.target[some], labels,
        ),
        _table(
            90_001, "wine", wine.feature_names, wine.data, "class", wine.target,
            ("1", "2", "3"),
        ),
        Table(
            90_002,
            "diabetes-progression",
            (
                *(Column.numeric(name, values) for name, values in columns.items()),
                sex,
                Column.numeric("progression", diabetes.target),
            ),
            "progression",
        ),
    )  # fmt: skip


def _table(did, name, names, values, target, codes, labels):
    features = [
        Column.numeric(n, column) for n, column in zip(names, values.T, strict=True)
    ]
    outcome = Column.nominal(target, [labels[code] for code in codes], labels)
    return Table(did, name, (*features, outcome), target)


def _numbered(stem, n):
    return [f"{stem}{i + 1}" for i in range(n)]


def _evaluations():
    """Flows, setups and runs that the project made (`compute_evaluations`)."""
    record = json.loads(_EVALUATIONS.read_text())
    flows = tuple(
        Flow(f["flow_id"], f["name"], f["component"], f["defaults"])
        for f in record["flows"]
    )
    setups = tuple(
        Setup(s["setup_id"], s["flow_id"], s["values"]) for s in record["setups"]
    )
    runs = tuple(
        Run(r["run_id"], r["task_id"], r["setup_id"], r["scores"])
        for r in record["runs"]
    )
    return flows, setups, runs
