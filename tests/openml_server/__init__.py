"""An OpenML server for tests: the routes a refresh needs, over packaged datasets.

It speaks the XML interface of OpenML over tables that scikit-learn brings along, with
qualities computed from them, and evaluations that the project made itself. Faults can
be planned: which call gets what instead of its answer. Started by hand with
``python -m tests.openml_server``.
"""

from .content import Content, packaged_content
from .faults import Fault, FaultPlan
from .server import OpenMLServer
from .tables import Column, Table

__all__ = [
    "Column",
    "Content",
    "Fault",
    "FaultPlan",
    "OpenMLServer",
    "Table",
    "packaged_content",
]
