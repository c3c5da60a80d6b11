"""Peers with default settings, and the encoding that they need."""

import warnings

import numpy as np
import polars as pl

from datasets import Split

N_THREADS = 2


def _pandas(split: Split):
    """Return training and test tables with pandas categories of the training rows."""
    import pandas as pd

    train, test = {}, {}
    for name in split.X_train.columns:
        left, right = split.X_train[name], split.X_test[name]
        if left.dtype.is_numeric() or left.dtype == pl.Boolean:
            train[name] = left.cast(pl.Float64).to_numpy()
            test[name] = right.cast(pl.Float64).to_numpy()
        else:
            texts = left.cast(pl.String)
            levels = texts.drop_nulls().unique().sort().to_list()
            kind = pd.CategoricalDtype(levels)
            train[name] = pd.Series(texts.to_list()).astype(kind)
            known = [v if v in kind.categories else None for v in right.cast(pl.String)]
            test[name] = pd.Series(known).astype(kind)
    return pd.DataFrame(train), pd.DataFrame(test)


def _codes(frame):
    return np.column_stack(
        [
            frame[c].cat.codes.to_numpy().astype(float)
            if hasattr(frame[c], "cat")
            else frame[c].to_numpy(dtype=float)
            for c in frame.columns
        ]
    )


def _outputs(model, X, task):
    if task == "regression":
        return np.asarray(model.predict(X), dtype=float).ravel(), None
    return np.asarray(model.predict_proba(X)), np.asarray(model.classes_)


def random_forest(split: Split):
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline

    train, test = map(_codes, _pandas(split))
    kind = (
        RandomForestRegressor if split.task == "regression" else RandomForestClassifier
    )
    model = make_pipeline(
        SimpleImputer(strategy="median", keep_empty_features=True),
        kind(n_jobs=N_THREADS, random_state=0),
    )
    return _outputs(model.fit(train, split.y_train), test, split.task)


def hist_gradient_boosting(split: Split):
    from sklearn.ensemble import (
        HistGradientBoostingClassifier,
        HistGradientBoostingRegressor,
    )

    train, test = _pandas(split)
    for column in train.columns:
        # Its limit: above 255 levels it refuses, so the codes go in as numbers.
        if hasattr(train[column], "cat") and len(train[column].cat.categories) > 255:
            train[column] = train[column].cat.codes.astype(float)
            test[column] = test[column].cat.codes.astype(float)
    kind = (
        HistGradientBoostingRegressor
        if split.task == "regression"
        else HistGradientBoostingClassifier
    )
    y = split.y_train
    counts = None
    if split.task != "regression":
        _, counts = np.unique(y.astype(str), return_counts=True)
    # Its early stopping needs two rows of every class.
    early = False if counts is not None and counts.min() < 10 else "auto"
    model = kind(
        random_state=0, categorical_features="from_dtype", early_stopping=early
    )
    return _outputs(model.fit(train, y), test, split.task)


def lightgbm(split: Split):
    from lightgbm import LGBMClassifier, LGBMRegressor

    train, test = _pandas(split)
    names = [f"c{i}" for i in range(train.shape[1])]
    train.columns, test.columns = names, names
    kind = LGBMRegressor if split.task == "regression" else LGBMClassifier
    model = kind(n_jobs=N_THREADS, random_state=0, verbose=-1)
    return _outputs(model.fit(train, split.y_train), test, split.task)


def catboost(split: Split):
    from catboost import CatBoostClassifier, CatBoostRegressor

    train, test = _pandas(split)
    categorical = [c for c in train.columns if hasattr(train[c], "cat")]
    for frame in (train, test):
        for column in categorical:
            frame[column] = frame[column].astype(object).fillna("missing").astype(str)
    kind = CatBoostRegressor if split.task == "regression" else CatBoostClassifier
    model = kind(
        thread_count=N_THREADS,
        random_seed=0,
        verbose=False,
        allow_writing_files=False,
        cat_features=categorical,
    )
    y = split.y_train if split.task == "regression" else split.y_train.astype(str)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _outputs(model.fit(train, y), test, split.task)


PEERS = {
    "random_forest": random_forest,
    "hist_gradient_boosting": hist_gradient_boosting,
    "lightgbm": lightgbm,
    "catboost": catboost,
}
