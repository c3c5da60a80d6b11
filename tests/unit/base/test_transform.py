import numpy as np
import polars as pl
import pytest
from sklearn.cross_decomposition import PLSRegression
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.feature_selection import SelectKBest
from sklearn.neighbors import NeighborhoodComponentsAnalysis
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    KBinsDiscretizer,
    OneHotEncoder,
    SplineTransformer,
    StandardScaler,
    TargetEncoder,
)

from headstart.base import Integer, Resources, TableRows, Task, TaskKind, Transform
from headstart.exceptions import ArtifactError, PluginError
from headstart.sdk import from_transformer

TASK = Task(TaskKind.BINARY, 40, 2, 1, 2, "roc_auc")
N = 40
NUMBERS = pl.DataFrame(
    {
        "a": np.random.default_rng(0).normal(size=N),
        "b": [None, *np.random.default_rng(1).normal(size=N - 1)],
    }
)
LEVELS = pl.DataFrame(
    {"t": pl.Series(["x", "y", None, "y"] * 10, dtype=pl.Enum(["x", "y"]))}
)
TEXTS = pl.DataFrame(
    {"p": ["a dog", "a cat", None, "the cat"] * 10, "q": ["so it", "is so"] * 20}
)
Y = np.tile([0, 1], N // 2)
PARTS = np.arange(N) % 4


class MeanTarget(Transform):
    """Each row's feature is the mean target of the rows it was fitted on."""

    name = "mean_target"
    reads_target = True

    def fit(self, task, parameters, rows, validation, resources):
        return float(rows.y.sum())

    def transform(self, fitted, X, task):
        return pl.DataFrame({"sum": [fitted] * X.height})


def fitted(transform, X):
    return transform.fit_transform(
        TASK, {}, TableRows(X, Y, None, PARTS), None, Resources()
    )


def test_what_reads_the_target_is_cross_fitted_and_in_the_order_of_rows():
    y = np.arange(6.0)
    parts = np.array([0, 1, 0, 1, 2, 2])
    X = pl.DataFrame({"a": np.zeros(6)})

    whole, frame = MeanTarget().fit_transform(
        TASK, {}, TableRows(X, y, None, parts), None, Resources()
    )

    # 15 less the targets of the row's own part: 0 + 2, 1 + 3, 4 + 5.
    assert whole == 15.0
    assert frame["sum"].to_list() == [13.0, 11.0, 13.0, 11.0, 6.0, 6.0]


def test_a_part_without_a_class_gives_nulls_in_that_class_s_column():
    X = LEVELS[:8]
    y = np.array([0, 1, 2, 0, 1, 2, 3, 3])
    parts = np.array([0, 0, 0, 1, 1, 1, 2, 2])  # the last part has all of class 3
    encoder = from_transformer("encode", TargetEncoder, columns="categorical")
    task = Task(TaskKind.MULTICLASS, 8, 0, 1, 4, "log_loss")

    _, made = encoder.fit_transform(
        task, {}, TableRows(X, y, None, parts), None, Resources()
    )

    assert made.columns == ["t_0", "t_1", "t_2", "t_3"]
    assert made["t_3"].is_null().to_list() == (parts == 2).tolist()


@pytest.mark.parametrize(
    ("make", "columns", "X"),
    [
        (PCA, "numeric", NUMBERS),
        (SplineTransformer, "numeric", NUMBERS),
        (KBinsDiscretizer, "numeric", NUMBERS),
        (StandardScaler, "numeric", NUMBERS),
        (OneHotEncoder, "categorical", LEVELS),
        (TargetEncoder, "categorical", LEVELS),
        (
            lambda: make_pipeline(TfidfVectorizer(), TruncatedSVD(1)),
            "text",
            TEXTS.select("p"),
        ),
    ],
)
def test_a_transformer_of_scikit_learn_fits_transforms_and_is_stored(make, columns, X):
    transform = from_transformer("step", make, columns=columns)

    state, made = fitted(transform, X)
    loaded = transform.load(transform.dump(state))

    assert made.height == N
    assert transform.transform(loaded, X, TASK).equals(
        transform.transform(state, X, TASK)
    )
    assert transform.transform(loaded, X[:0], TASK).columns == made.columns


def test_tags_tell_what_a_transformer_takes():
    scaler = from_transformer("scale", StandardScaler)
    encoder = from_transformer("encode", TargetEncoder, columns="categorical")

    assert fitted(scaler, NUMBERS)[1]["b"].null_count() == 1  # NaN is left to it
    filled = fitted(from_transformer("pca", PCA), NUMBERS)[1]
    assert not any(series.null_count() for series in filled)
    assert not scaler.reads_target
    assert encoder.reads_target


def test_each_text_column_has_columns_of_its_own():
    words = from_transformer("words", TfidfVectorizer, columns="text")

    assert fitted(words, TEXTS)[1].columns == [
        *("p.cat", "p.dog", "p.the"),
        *("q.is", "q.it", "q.so"),
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((PCA(),), "without brackets"),
        ((dict,), "needs a transformer with fit"),
    ],
)
def test_what_is_no_transformer_is_refused(arguments, message):
    with pytest.raises(PluginError, match=message):
        from_transformer("step", *arguments)


def test_a_parameter_of_the_space_needs_a_default_in_it():
    with pytest.raises(PluginError, match="needs a default for 'n_components'"):
        from_transformer("pca", PCA, space={"n_components": Integer(1, 3)})


@pytest.mark.parametrize(
    "change",
    [
        {"transformer.json": b"{}"},
        {"transformer.json": b"[1]"},
        {"0.skops": b"no"},
    ],
)
def test_damaged_parts_are_refused(change):
    transform = from_transformer("pca", PCA)
    parts = transform.dump(fitted(transform, NUMBERS)[0])

    with pytest.raises(ArtifactError, match="pca"):
        transform.load({**parts, **change})


def axes(seed):
    """Return rows whose two axes are about as good, so that they may swap or turn."""
    random = np.random.default_rng(seed)
    X = pl.DataFrame(random.normal(size=(60, 4)), schema=list("abcd"))
    return X, random.integers(0, 3, 60), np.arange(60) % 5


@pytest.mark.parametrize(
    "make",
    [
        LinearDiscriminantAnalysis,
        NeighborhoodComponentsAnalysis,
        PLSRegression,
        lambda: SelectKBest(k=2),
        lambda: make_pipeline(StandardScaler(), SelectKBest(k=3), PLSRegression()),
    ],
    ids=["LDA", "NCA", "PLS", "SelectKBest", "pipeline"],
)
@pytest.mark.parametrize("seed", range(3))
def test_rows_are_in_the_axes_that_new_rows_will_have(make, seed):
    """Axes that are fitted a part at a time turn, or are other columns."""
    transform = from_transformer("t", make)
    X, y, parts = axes(seed)
    task = Task(TaskKind.MULTICLASS, 60, 4, 0, 3, "log_loss")
    state, made = transform.fit_transform(
        task, {}, TableRows(X, y, None, parts), None, Resources()
    )
    assert transform.reads_target
    assert made.equals(transform.transform(state, X, task))


def test_a_transformer_whose_fit_needs_a_target_is_given_it():
    class Untagged:
        def fit(self, X, y):
            self.mean_ = float(np.mean(y))
            return self

        def transform(self, X):
            return np.full((len(X), 1), self.mean_)

    transform = from_transformer("untagged", Untagged)
    assert transform.reads_target
    _, made = fitted(transform, NUMBERS)
    assert made.height == N


def test_means_of_the_target_are_cross_fitted_still():
    transform = from_transformer("means", TargetEncoder, columns="categorical")
    state, made = fitted(transform, LEVELS)
    assert not made.equals(transform.transform(state, LEVELS, TASK))
