# Types of the compiled module. Each name is wrapped by one Python module.

from collections.abc import Callable
from pathlib import Path
from typing import Any, Self, TypeAlias, TypedDict, final, type_check_only

import numpy as np
import polars as pl
from numpy.typing import NDArray

__all__ = [
    "BinnedMatrix",
    "ModelFile",
    "ModelFileLimits",
    "Network",
    "NetworkTrainer",
    "OutOfFold",
    "TreeEnsemble",
    "apply_link",
    "best_factors",
    "best_threshold",
    "bootstrap_scores",
    "build_info",
    "check_json_record",
    "class_of_format",
    "confusion_table",
    "contingency_table",
    "count_words",
    "delong_covariances",
    "dense_codes",
    "describe_table",
    "encode_ordered",
    "encode_target",
    "factorize",
    "factorize_words",
    "feature_operators",
    "find_codes",
    "find_formats",
    "find_stored_arrays",
    "first_invalid",
    "fit_isotonic",
    "fit_logistic",
    "fit_temperature",
    "flag_words",
    "group_distinct",
    "group_holdout",
    "group_knots",
    "group_positions",
    "group_statistics",
    "hash_text",
    "holdout",
    "last_record_end",
    "logit_single",
    "make_numeric",
    "model_file_directory",
    "model_file_header",
    "model_file_manifest",
    "null_statistics",
    "pair_gains",
    "plain_folds",
    "read_moments",
    "scan_delimited",
    "score_anova",
    "score_anova_of_bins",
    "score_auc",
    "score_candidates",
    "score_classes",
    "score_classes_by",
    "score_contingency",
    "score_distance",
    "score_labels_by",
    "score_neighbors",
    "score_neighbors_of_bins",
    "score_pearson",
    "score_relieff",
    "score_spearman",
    "score_values",
    "score_values_by",
    "select_by_correlation",
    "select_by_information",
    "select_greedily",
    "select_greedily_by",
    "split_amounts",
    "stratified_folds",
    "stratified_group_folds",
    "time_folds",
]

class _BuildInfo(TypedDict):
    profile: str
    version: str

# What was built.

def build_info() -> _BuildInfo: ...

# Folds: headstart.validation.folds.

# The array itself where its codes are dense already.
def dense_codes(values: NDArray[np.int64]) -> NDArray[np.int64] | None: ...
def plain_folds(
    n_rows: int, n_folds: int, n_repeats: int, seed: int, n_threads: int
) -> NDArray[np.uint8]: ...
def stratified_folds(
    codes: NDArray[np.int64], n_folds: int, n_repeats: int, seed: int, n_threads: int
) -> NDArray[np.uint8]: ...
def stratified_group_folds(
    codes: NDArray[np.int64],
    groups: NDArray[np.int64],
    n_folds: int,
    n_repeats: int,
    seed: int,
    n_threads: int,
) -> NDArray[np.uint8]: ...
def holdout(
    codes: NDArray[np.int64],
    fraction: float,
    n_repeats: int,
    seed: int,
    n_threads: int,
) -> NDArray[np.uint8]: ...
def group_holdout(
    codes: NDArray[np.int64],
    groups: NDArray[np.int64],
    fraction: float,
    n_repeats: int,
    seed: int,
    n_threads: int,
) -> NDArray[np.uint8]: ...
def time_folds(
    steps: NDArray[np.int64], n_folds: int, gap: int
) -> tuple[NDArray[np.uint8], list[int]]: ...

# Metrics: headstart.metrics.

def score_classes(
    metric: str,
    y: NDArray[np.int64],
    prediction: NDArray[np.float64],
    weight: NDArray[np.float64] | None,
    n_threads: int,
) -> float: ...
def score_values(
    metric: str,
    y: NDArray[np.float64],
    prediction: NDArray[np.float64],
    weight: NDArray[np.float64] | None,
    n_threads: int,
) -> float: ...
def score_classes_by(
    metrics: list[str],
    y: NDArray[np.int64],
    prediction: NDArray[np.float64],
    weight: NDArray[np.float64] | None,
    n_threads: int,
) -> list[float]: ...
def score_labels_by(
    metrics: list[str],
    y: NDArray[np.int64],
    prediction: NDArray[np.int64],
    n_classes: int,
    weight: NDArray[np.float64] | None,
    n_threads: int,
) -> list[float]: ...
def score_values_by(
    metrics: list[str],
    y: NDArray[np.float64],
    prediction: NDArray[np.float64],
    weight: NDArray[np.float64] | None,
    n_threads: int,
) -> list[float]: ...
def confusion_table(
    y: NDArray[np.int64],
    prediction: NDArray[np.int64],
    n_classes: int,
    weight: NDArray[np.float64] | None,
    n_threads: int,
) -> NDArray[np.float64]: ...
def best_threshold(
    y: NDArray[np.int64],
    prediction: NDArray[np.float64],
    metric: str | None,
    costs: NDArray[np.float64] | None,
    weight: NDArray[np.float64] | None,
) -> tuple[float, float]: ...
def best_factors(
    y: NDArray[np.int64],
    prediction: NDArray[np.float64],
    metric: str | None,
    costs: NDArray[np.float64] | None,
    weight: NDArray[np.float64] | None,
) -> tuple[NDArray[np.float64], float]: ...

# How sure a score is: headstart.validation.uncertainty.

@type_check_only
class Resampling(TypedDict):
    strata: NDArray[np.int64] | None
    groups: NDArray[np.int64] | None
    n_resamples: int
    seed: int

def bootstrap_scores(
    metric: str,
    y: NDArray[np.int64] | NDArray[np.float64],
    predictions: NDArray[np.float64],
    weight: NDArray[np.float64] | None,
    resampling: Resampling,
    watch: _Watch,
    n_threads: int,
) -> NDArray[np.float64]: ...
def delong_covariances(
    y: NDArray[np.int64], predictions: NDArray[np.float64], n_threads: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]: ...

# Calibration: headstart.validation.calibration.

def fit_isotonic(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    weight: NDArray[np.float64] | None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]: ...
def fit_logistic(
    columns: NDArray[np.float64],
    target: NDArray[np.float64],
    weight: NDArray[np.float64] | None,
    n_threads: int,
) -> NDArray[np.float64]: ...
def fit_temperature(
    prediction: NDArray[np.float64],
    y: NDArray[np.int64],
    weight: NDArray[np.float64] | None,
    n_threads: int,
) -> float: ...

# Out-of-fold store: headstart.validation.out_of_fold.

@final
class OutOfFold:
    def __new__(
        cls,
        fold_ids: NDArray[np.uint8],
        n_outputs: int,
    ) -> Self: ...
    def n_bytes(self) -> int: ...
    def trials(self) -> list[int]: ...
    def folds_of(self, trial: int) -> list[tuple[int, int]]: ...
    def add(
        self, trial: int, repeat: int, fold: int, prediction: NDArray[np.float64]
    ) -> None: ...
    def prediction(self, trial: int) -> NDArray[np.float64]: ...

# Ensembles: headstart.ensemble.greedy.

@type_check_only
class SelectionRules(TypedDict):
    n_rounds: int
    costs: NDArray[np.float64] | None
    capped: NDArray[np.bool_] | None
    cap: float

def select_greedily(
    predictions: NDArray[np.float64],
    y: NDArray[np.int64] | NDArray[np.float64],
    metric: str,
    greater_is_better: bool,
    weight: NDArray[np.float64] | None,
    rules: SelectionRules,
    n_threads: int,
) -> NDArray[np.float64]: ...
def select_greedily_by(
    losses: Callable[[NDArray[np.int64]], list[float]],
    n_members: int,
    rules: SelectionRules,
) -> NDArray[np.float64]: ...

# Meta-features: headstart.meta.features.

@type_check_only
class NominalColumn(TypedDict):
    codes: NDArray[np.int32]
    n_levels: int
    is_ordered: bool

@type_check_only
class OtherColumns(TypedDict):
    n_columns: int
    n_missing: int
    rows: NDArray[np.bool_]

def describe_table(
    numeric: list[NDArray[np.float64]],
    nominal: list[NominalColumn],
    others: OtherColumns,
    y: NDArray[np.int64] | NDArray[np.float64],
    seed: int,
    n_threads: int,
) -> dict[str, float]: ...

# Values of text: headstart.tables.kinds.

def class_of_format(text: str) -> str | None: ...
def count_words(
    table: pl.DataFrame,
) -> tuple[NDArray[np.uint32], NDArray[np.uint32], NDArray[np.uint32]]: ...
def flag_words(table: pl.DataFrame) -> NDArray[np.uint32]: ...
def find_formats(
    table: pl.DataFrame, counts: NDArray[np.uint32], order: str | None = None
) -> tuple[list[str], str, bool] | None: ...
def read_moments(
    table: pl.DataFrame, formats: list[str]
) -> tuple[NDArray[np.int64], NDArray[np.int32]]: ...
def first_invalid(data: bytes) -> int | None: ...
def last_record_end(data: bytes, separator: str) -> int: ...
def scan_delimited(
    data: bytes, start: int, separator: str, n_columns: int
) -> tuple[int, list[int], tuple[int, int] | None, int, list[int], bool]: ...
def split_amounts(
    table: pl.DataFrame, decimal: str, multiply: bool
) -> tuple[
    NDArray[np.float64],
    NDArray[np.float64],
    NDArray[np.uint16],
    NDArray[np.uint32],
    list[str],
]: ...

# Generated features: headstart.features.

@type_check_only
class FeatureOperator(TypedDict):
    code: int
    name: str
    inputs: str
    kind: str
    least: int
    most: int
    is_commutative: bool
    reads_target: bool
    is_monotone: bool

def feature_operators() -> list[FeatureOperator]: ...
def make_numeric(
    columns: list[NDArray[np.float64]],
    jobs: list[tuple[int, list[int], list[float]]],
    n_threads: int,
) -> list[NDArray[np.float64]]: ...
def factorize(
    columns: list[NDArray[np.uint64]], out: NDArray[np.uint32], n_threads: int
) -> list[NDArray[np.uint32]]: ...
def factorize_words(
    table: pl.DataFrame, out: NDArray[np.uint32], n_threads: int
) -> list[NDArray[np.uint32]]: ...
def find_codes(
    known: NDArray[np.uint64], ids: NDArray[np.uint64]
) -> NDArray[np.uint32]: ...
def encode_target(
    columns: list[tuple[NDArray[np.uint32], int]],
    y: NDArray[np.uint32] | NDArray[np.float64],
    n_classes: int,
    fold_ids: NDArray[np.uint8],
    smoothing: float | None,
    evidence: bool,
    outer_fold: int | None,
    out: NDArray[np.float64],
    n_threads: int,
) -> list[NDArray[np.float64]]: ...
def encode_ordered(
    columns: list[tuple[NDArray[np.uint32], int]],
    y: NDArray[np.uint32] | NDArray[np.float64],
    n_classes: int,
    smoothing: float,
    seed: int,
    out: NDArray[np.float64],
    n_threads: int,
) -> list[NDArray[np.float64]]: ...
def group_statistics(
    keys: list[tuple[NDArray[np.uint32], int]],
    values: list[NDArray[np.float64]],
    jobs: list[tuple[int, int, str]],
    n_threads: int,
) -> list[NDArray[np.float64]]: ...
def group_distinct(
    key: tuple[NDArray[np.uint32], int], levels: NDArray[np.uint32], n_levels: int
) -> NDArray[np.float64]: ...
def group_knots(
    key: tuple[NDArray[np.uint32], int], values: NDArray[np.float64], most: int
) -> tuple[list[int], NDArray[np.float64]]: ...
def group_positions(
    codes: NDArray[np.uint32],
    values: NDArray[np.float64],
    starts: list[int],
    knots: NDArray[np.float64],
    n_threads: int,
) -> NDArray[np.float64]: ...
def hash_text(
    texts: list[str | None], length: int, n_columns: int, n_threads: int
) -> NDArray[np.float64]: ...

# Binned matrices: headstart.scoring.binning.

@final
class BinnedMatrix:
    MISSING: int
    @staticmethod
    def fit(
        table: NDArray[Any] | list[NDArray[Any]],
        is_categorical: list[bool],
        n_bins: int,
        n_sampled: int | None,
        seed: int,
        n_threads: int,
    ) -> BinnedMatrix: ...
    def transform(
        self, table: NDArray[Any] | list[NDArray[Any]], n_threads: int
    ) -> BinnedMatrix: ...
    def take(self, rows: NDArray[np.uint32], n_threads: int) -> BinnedMatrix: ...
    @property
    def shape(self) -> tuple[int, int]: ...
    def codes(self) -> NDArray[np.uint8]: ...
    def bins(self, column: int) -> tuple[bool, int]: ...
    def cuts(self, column: int) -> NDArray[np.float64] | None: ...
    def bins_of_levels(self, column: int) -> NDArray[np.uint8] | None: ...

# Scores of features: headstart.scoring.

_Table: TypeAlias = NDArray[Any] | list[NDArray[Any]]
_Labels: TypeAlias = tuple[NDArray[np.uint16], int]
_Floats: TypeAlias = NDArray[np.float64]
_Watch: TypeAlias = tuple[float | None, Callable[[int, int], object] | None]

def score_pearson(
    table: _Table, y: _Floats, weight: _Floats | None, n_threads: int
) -> _Floats: ...
def score_spearman(table: _Table, y: _Floats, n_threads: int) -> _Floats: ...
def score_anova(
    table: _Table, y: _Labels, weight: _Floats | None, n_threads: int
) -> _Floats: ...
def score_anova_of_bins(
    binned: BinnedMatrix, y: _Floats, weight: _Floats | None, n_threads: int
) -> _Floats: ...
def score_contingency(
    binned: BinnedMatrix, y: _Labels, weight: _Floats | None, n_threads: int
) -> _Floats: ...
def contingency_table(
    binned: BinnedMatrix, column: int, y: _Labels, weight: _Floats | None
) -> _Floats: ...
def score_auc(
    table: _Table, y: _Labels, weight: _Floats | None, n_threads: int
) -> _Floats: ...
def score_neighbors(
    table: _Table,
    y: _Labels | _Floats,
    n_neighbors: int,
    noise: _Floats | None,
    seed: int | None,
    watch: _Watch,
    n_threads: int,
) -> _Floats: ...
def score_neighbors_of_bins(
    binned: BinnedMatrix,
    y: _Floats,
    n_neighbors: int,
    noise: _Floats | None,
    seed: int | None,
    watch: _Watch,
    n_threads: int,
) -> _Floats: ...
def score_relieff(
    table: _Table,
    is_categorical: list[bool],
    y: _Labels | _Floats,
    n_neighbors: int,
    watch: _Watch,
    n_threads: int,
) -> tuple[_Floats, int]: ...
def score_distance(
    table: _Table, y: _Floats, watch: _Watch, n_threads: int
) -> _Floats: ...
def select_by_information(
    binned: BinnedMatrix,
    y: _Labels,
    criterion: str,
    n_selected: int,
    n_threads: int,
) -> list[tuple[int, float]]: ...
def select_by_correlation(
    table: _Table, relevance: _Floats, n_selected: int, n_threads: int
) -> list[tuple[int, float]]: ...
def null_statistics(
    binned: BinnedMatrix,
    y: _Labels | _Floats,
    n_permutations: int,
    seed: int,
    watch: _Watch,
    n_threads: int,
) -> _Floats: ...

# Screening: headstart.features.screening.

@type_check_only
class ScreeningTable(TypedDict):
    numeric: NDArray[np.float32]
    remainders: NDArray[np.float32]
    codes: NDArray[np.uint32]
    n_levels: NDArray[np.uint32]
    residuals: NDArray[np.float64]
    parts: NDArray[np.uint8]

@type_check_only
class ScreeningRules(TypedDict):
    depth: int
    n_sampled: int
    seed: int
    time_limit: float | None
    progress: Callable[[int, int], object] | None

def score_candidates(
    table: ScreeningTable,
    candidates: NDArray[np.int32],
    rules: ScreeningRules,
    n_threads: int,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]: ...
def pair_gains(
    table: ScreeningTable, rules: ScreeningRules, n_threads: int
) -> NDArray[np.float32]: ...

# Kernels that predict: headstart.predict.

@final
class TreeEnsemble:
    def __new__(
        cls,
        *,
        roots: NDArray[np.int64],
        left: NDArray[np.int32],
        right: NDArray[np.int32],
        feature: NDArray[np.int32],
        threshold: NDArray[np.float64],
        missing_left: NDArray[np.uint8],
        category_set: NDArray[np.int32],
        values: NDArray[np.float64],
        category_features: NDArray[np.int32],
        category_offsets: NDArray[np.int64],
        category_values: NDArray[np.float64],
        set_offsets: NDArray[np.int64],
        sets: NDArray[np.uint32],
        n_features: int,
        baseline: NDArray[np.float64],
        mean: bool,
        single_precision: bool,
        single_sums: bool,
        largest: float,
    ) -> Self: ...
    @property
    def n_trees(self) -> int: ...
    @property
    def n_nodes(self) -> int: ...
    @property
    def n_features(self) -> int: ...
    @property
    def n_outputs(self) -> int: ...
    def arrays(self) -> dict[str, NDArray[Any]]: ...
    def predict(
        self, x: NDArray[np.float64], n_threads: int
    ) -> NDArray[np.float64]: ...

def apply_link(
    link: str, values: NDArray[np.float64], single_precision: bool
) -> NDArray[np.float64]: ...
def logit_single(probability: float) -> float: ...

# Networks: headstart.predict.network, headstart.learners.network.

@type_check_only
class NetworkForm(TypedDict):
    kinds: NDArray[np.int64]
    n_codes: NDArray[np.int64]
    hidden: list[int]
    n_outputs: int
    n_members: int
    activation: str

@final
class Network:
    def __new__(cls, form: NetworkForm, flat: NDArray[np.float32]) -> Self: ...
    @property
    def n_products(self) -> int: ...
    def predict(self, x: NDArray[np.float64]) -> NDArray[np.float64]: ...

@final
class NetworkTrainer:
    def __new__(
        cls,
        form: NetworkForm,
        x: NDArray[np.float64],
        y: NDArray[np.int64] | NDArray[np.float64],
        weight: NDArray[np.float64] | None,
        *,
        learning_rate: float,
        weight_decay: float,
        dropout: float,
        smoothing: float,
        batch: int,
        seed: int,
    ) -> Self: ...
    @property
    def n_products(self) -> int: ...
    @property
    def steps_per_epoch(self) -> int: ...
    def train(self, n_steps: int, start: float, end: float) -> None: ...
    def predict(self, x: NDArray[np.float64]) -> NDArray[np.float64]: ...
    def parameters(self) -> NDArray[np.float32]: ...
    def set_parameters(self, flat: NDArray[np.float32]) -> None: ...

# Model files: headstart.artifact.container; stored arrays: headstart.base.arrays.

@final
class ModelFileLimits:
    def __new__(
        cls,
        *,
        max_parts: int | None = None,
        max_manifest_bytes: int | None = None,
        max_record_bytes: int | None = None,
        max_part_bytes: int | None = None,
        max_total_bytes: int | None = None,
        max_json_depth: int | None = None,
        max_name_length: int | None = None,
    ) -> Self: ...
    @property
    def max_parts(self) -> int: ...
    @property
    def max_manifest_bytes(self) -> int: ...
    @property
    def max_record_bytes(self) -> int: ...
    @property
    def max_part_bytes(self) -> int: ...
    @property
    def max_total_bytes(self) -> int: ...
    @property
    def max_json_depth(self) -> int: ...
    @property
    def max_name_length(self) -> int: ...

@final
class ModelFile:
    def __new__(
        cls, path: str | Path, known: list[str] | None, limits: ModelFileLimits
    ) -> Self: ...
    @property
    def made_by(self) -> dict[str, str]: ...
    @property
    def sizes(self) -> dict[str, int]: ...
    @property
    def outlives_path(self) -> bool: ...
    def read(self, name: str) -> bytes: ...

def model_file_manifest(
    made_by: dict[str, str],
    parts: list[tuple[str, int, str, bool]],
    limits: ModelFileLimits,
) -> bytes: ...
def model_file_header(name: str, crc: int, size: int, offset: int) -> bytes: ...
def model_file_directory(members: list[tuple[str, int, int, int]]) -> bytes: ...
def check_json_record(name: str, data: bytes, limits: ModelFileLimits) -> None: ...
def find_stored_arrays(
    data: bytes,
) -> dict[str, tuple[str, list[int], int, int]]: ...
