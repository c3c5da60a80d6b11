"""Make ``evaluations.json``: scores of a few scikit-learn pipelines on the tasks.

    python -m tests.openml_server.compute_evaluations

Each setup is cross-validated on the ten folds that the server hands out for the task.
Accuracy and area under the curve are taken of the predictions of all folds together,
the area weighted over one-against-rest, as OpenML has them. About a minute.
"""

import json
from pathlib import Path

import numpy as np
import sklearn
from sklearn import ensemble, metrics, neighbors, svm
from sklearn.base import is_classifier
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from .content import TASKS, packaged_tables
from .documents import folds

TARGET = Path(__file__).with_name("evaluations.json")

PREFIX = (
    "sklearn.pipeline.Pipeline(imputer=sklearn.impute._base.SimpleImputer,"
    "scaler=sklearn.preprocessing._data.StandardScaler,estimator="
)
FLOWS = (
    (6969, ensemble.RandomForestClassifier, "sklearn.ensemble._forest"),
    (6970, ensemble.AdaBoostClassifier, "sklearn.ensemble._weight_boosting"),
    (7707, svm.SVC, "sklearn.svm._classes"),
    (90_011, neighbors.KNeighborsClassifier, "sklearn.neighbors._classification"),
    (90_013, ensemble.RandomForestRegressor, "sklearn.ensemble._forest"),
)
SETUPS = (
    (6969, {"n_estimators": 100}),
    (6969, {"n_estimators": 100, "max_features": 0.5, "min_samples_leaf": 3}),
    (6969, {"n_estimators": 100, "criterion": "entropy", "max_features": 0.2}),
    (6969, {"n_estimators": 100, "max_depth": 2}),
    (6970, {"n_estimators": 50}),
    (6970, {"n_estimators": 50, "learning_rate": 0.3}),
    (7707, {"C": 1.0}),
    (7707, {"C": 10.0}),
    (7707, {"C": 10.0, "gamma": 0.01}),
    (7707, {"kernel": "linear"}),
    (90_011, {"n_neighbors": 5}),
    (90_011, {"n_neighbors": 15, "weights": "distance"}),
    (90_013, {"n_estimators": 100}),
    (90_013, {"n_estimators": 100, "max_features": 0.3, "min_samples_leaf": 2}),
)


def main():
    tables = {table.did: table for table in packaged_tables()}
    flows = [
        {
            "flow_id": flow_id,
            "name": f"{PREFIX}{module}.{kind.__name__})",
            "component": f"{module}.{kind.__name__}",
            "defaults": _as_json(kind().get_params()),
        }
        for flow_id, kind, module in FLOWS
    ]
    kinds = {flow_id: kind for flow_id, kind, _ in FLOWS}
    setups, runs = [], []
    for number, (flow_id, changed) in enumerate(SETUPS):
        estimator = kinds[flow_id](**changed)
        if "random_state" in estimator.get_params():
            estimator.set_params(random_state=0)
        values = _as_json(estimator.get_params())
        setups.append({"setup_id": 500 + number, "flow_id": flow_id, "values": values})
        for task in TASKS:
            if is_classifier(estimator) is not (task.task_type_id == 1):
                continue
            scores = _evaluate(estimator, tables[task.did], task)
            run = {"run_id": 1001 + len(runs), "task_id": task.task_id}
            runs.append(run | {"setup_id": 500 + number, "scores": scores})
    record = {
        "provenance": {
            "made_by": "python -m tests.openml_server.compute_evaluations",
            "data": "tables that scikit-learn brings along",
            "folds": "10, as the server hands them out",
            "scikit-learn": sklearn.__version__,
            "numpy": np.__version__,
        },
        "flows": flows,
        "setups": setups,
        "runs": runs,
    }
    TARGET.write_text(json.dumps(record, indent=1) + "\n")


def _as_json(parameters):
    return {name: json.dumps(value) for name, value in sorted(parameters.items())}


def _evaluate(estimator, table, task):
    target = np.array(table.column(task.target).values)
    X = np.array(
        [[float(v) for v in c.values] for c in table.columns if _is_feature(c, task)]
    ).T
    fold_of = np.array(folds(table, task))
    is_classification = task.task_type_id == 1
    labels = np.unique(target) if is_classification else None
    outputs = np.zeros((len(target), len(labels) if is_classification else 1))
    for fold in np.unique(fold_of):
        train, test = fold_of != fold, fold_of == fold
        model = make_pipeline(SimpleImputer(), StandardScaler(), estimator)
        model.fit(X[train], target[train])
        if not is_classification:
            outputs[test, 0] = model.predict(X[test])
        elif hasattr(model, "predict_proba"):
            outputs[test] = model.predict_proba(X[test])
        else:
            scores = model.decision_function(X[test])
            if scores.ndim == 1:
                scores = np.column_stack([-scores, scores])
            outputs[test] = scores
    if not is_classification:
        error = metrics.root_mean_squared_error(target, outputs[:, 0])
        return {"root_mean_squared_error": float(error)}
    accuracy = float(np.mean(labels[outputs.argmax(axis=1)] == target))
    areas = [
        metrics.roc_auc_score(target == k, outputs[:, i]) for i, k in enumerate(labels)
    ]
    shares = [np.mean(target == k) for k in labels]
    return {
        "predictive_accuracy": accuracy,
        "area_under_roc_curve": float(np.average(areas, weights=shares)),
    }


def _is_feature(column, task):
    # Species are text; petal width is predicted without them.
    return column.name != task.target and column.name not in {"class", "Class"}


if __name__ == "__main__":
    main()
