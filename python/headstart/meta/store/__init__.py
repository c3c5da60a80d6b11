"""The knowledge base: storage of results of configurations on datasets.

`KnowledgeBase` is one base (an SQLite file or a PostgreSQL database), `LayeredBase` is
the shipped base below the user's own.
"""

from headstart.meta.store.changes import Added, Conflict
from headstart.meta.store.difference import Difference, OrderMove, RecordChanges, diff
from headstart.meta.store.evidence import Gathered
from headstart.meta.store.health import Coverage, Diagnosis, Outlier, doctor, verify
from headstart.meta.store.knowledge_base import KnowledgeBase
from headstart.meta.store.layered import LayeredBase, own_base_place
from headstart.meta.store.layout import SCHEMA_VERSION

__all__ = [
    "SCHEMA_VERSION",
    "Added",
    "Conflict",
    "Coverage",
    "Diagnosis",
    "Difference",
    "Gathered",
    "KnowledgeBase",
    "LayeredBase",
    "OrderMove",
    "Outlier",
    "RecordChanges",
    "diff",
    "doctor",
    "own_base_place",
    "verify",
]
