"""Scores of features by their relation to a target, and feature selection.

`BinnedMatrix` is built once and shared by all methods on bins; `score_features` returns
one score per column; `select_features` and `SelectByRelevance` select columns;
`permutation_test`, `adjust_p_values`, `compare_with_null` and `stability_selection`
assess significance and stability.
"""

from typing import TYPE_CHECKING

from headstart.lazy_names import lazy_names
from headstart.scoring.adjustment import adjust_p_values
from headstart.scoring.binning import BinnedMatrix
from headstart.scoring.evidence import weight_of_evidence
from headstart.scoring.methods import method_names
from headstart.scoring.neighbors import neighbor_information
from headstart.scoring.null_importance import compare_with_null
from headstart.scoring.redundancy import select_features
from headstart.scoring.score_features import MethodOptions, score_features
from headstart.scoring.significance import permutation_test
from headstart.scoring.stability import Subsamples, stability_selection

if TYPE_CHECKING:
    from headstart.scoring.select_by_relevance import SelectByRelevance

__all__ = [
    "BinnedMatrix",
    "MethodOptions",
    "SelectByRelevance",
    "Subsamples",
    "adjust_p_values",
    "compare_with_null",
    "method_names",
    "neighbor_information",
    "permutation_test",
    "score_features",
    "select_features",
    "stability_selection",
    "weight_of_evidence",
]

# A scikit-learn estimator: the functions do not need the library.
__getattr__, __dir__ = lazy_names(
    __name__, {"SelectByRelevance": "headstart.scoring.select_by_relevance"}
)
