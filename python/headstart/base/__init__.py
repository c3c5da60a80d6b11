"""Value types and protocols that all other layers use."""

from headstart.base.completion import (
    complete,
    complete_step,
    in_order,
    known_configurations,
    known_steps,
)
from headstart.base.configuration import Configuration, Step, chain_key
from headstart.base.learner import Learner
from headstart.base.made_feature import MadeFeature
from headstart.base.matrix import FloatArray, IntArray, Matrix, View
from headstart.base.resources import Resources
from headstart.base.rows import Rows, TableRows
from headstart.base.space import (
    Choice,
    Condition,
    Distribution,
    Float,
    Integer,
    Parameters,
    ParameterValue,
    SearchSpace,
)
from headstart.base.stored import Parts
from headstart.base.table_columns import TableColumn, TableColumns
from headstart.base.task import Objective, Task, TaskKind
from headstart.base.transform import StoredTransform, Transform
from headstart.base.trial import (
    FoldFit,
    FoldKey,
    FoldOutcome,
    FoldStatus,
    Origin,
    Precedent,
    Trial,
    TrialStatus,
)

__all__ = [
    "Choice",
    "Condition",
    "Configuration",
    "Distribution",
    "Float",
    "FloatArray",
    "FoldFit",
    "FoldKey",
    "FoldOutcome",
    "FoldStatus",
    "IntArray",
    "Integer",
    "Learner",
    "MadeFeature",
    "Matrix",
    "Objective",
    "Origin",
    "ParameterValue",
    "Parameters",
    "Parts",
    "Precedent",
    "Resources",
    "Rows",
    "SearchSpace",
    "Step",
    "StoredTransform",
    "TableColumn",
    "TableColumns",
    "TableRows",
    "Task",
    "TaskKind",
    "Transform",
    "Trial",
    "TrialStatus",
    "View",
    "chain_key",
    "complete",
    "complete_step",
    "in_order",
    "known_configurations",
    "known_steps",
]
