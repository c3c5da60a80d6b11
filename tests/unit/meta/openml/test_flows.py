"""Which setups of other people's flows are a configuration of ours."""

import json

import pytest

from headstart.base import Configuration
from headstart.meta.openml.flow_rules import RULES
from headstart.meta.openml.flows import map_setup, rule_of
from headstart.plugins import load_plugins

FOREST = "sklearn.ensemble.forest.RandomForestClassifier"
PIPELINE = (
    "sklearn.pipeline.Pipeline(imputation=openmlstudy14.preprocessing."
    "ConditionalImputer,hotencoding=sklearn.preprocessing.data.OneHotEncoder,"
    "variencethreshold=sklearn.feature_selection.variance_threshold."
    "VarianceThreshold,classifier={})"
)
COLUMNS = (
    "sklearn.pipeline.Pipeline(columns=sklearn.compose._column_transformer."
    "ColumnTransformer(numbers=sklearn.pipeline.Pipeline(i=sklearn.impute._base."
    "SimpleImputer,s=sklearn.preprocessing._data.StandardScaler),words=sklearn."
    "preprocessing._encoders.OneHotEncoder),estimator={})"
)


def mapped(component, **values):
    """Map a setup of a flow that is one estimator."""
    parameters = {
        f"{component}(12)_{name}": json.dumps(value) for name, value in values.items()
    }
    rule = rule_of(component)
    return map_setup(rule, parameters, load_plugins().learners[rule.learner])


def parameters_of(component, **values):
    configuration = mapped(component, **values)
    return None if configuration is None else dict(configuration.parameters)


@pytest.mark.parametrize(
    ("name", "learner"),
    [
        (FOREST, "random_forest"),
        (PIPELINE.format(FOREST), "random_forest"),
        (COLUMNS.format("sklearn.svm._classes.SVR"), "svm"),
        ("sklearn.neighbors._classification.KNeighborsClassifier", "k_neighbors"),
        ("sklearn.linear_model._logistic.LogisticRegression", "logistic"),
    ],
)
def test_a_flow_is_known_by_its_last_step(name, learner):
    assert rule_of(name).learner == learner


@pytest.mark.parametrize(
    "name",
    [
        "",
        "weka.J48",
        "mlr.classif.ranger",
        "mymodule.RandomForestClassifier",
        "sklearn.ensemble._weight_boosting.AdaBoostClassifier",
        "sklearn.pipeline.Pipeline(pca=sklearn.decomposition._pca.PCA,e="
        + FOREST
        + ")",
        f"sklearn.model_selection._search.GridSearchCV(estimator={FOREST})",
        f"sklearn.pipeline.Pipeline(e={FOREST}",
        "sklearn.pipeline.Pipeline()",
        "((((,,))",
        pytest.param("sklearn.pipeline.Pipeline(a=" * 5_000 + ")" * 5_000, id="deep"),
    ],
)
def test_flows_that_do_something_else_have_no_rule(name):
    assert rule_of(name) is None


def test_values_at_their_defaults_map():
    assert mapped(
        FOREST,
        bootstrap=True,
        class_weight=None,
        criterion="entropy",
        max_depth=None,
        max_features=0.4,
        min_samples_leaf=3,
        min_samples_split=2,
        n_estimators=100,
        n_jobs=4,
        random_state=7,
    ) == Configuration(
        "random_forest",
        {"criterion": "entropy", "max_features": 0.4, "min_samples_leaf": 3},
    )


@pytest.mark.parametrize(
    "changed",
    [
        {"max_depth": 3},
        {"bootstrap": False},
        {"class_weight": "balanced"},
        {"max_features": 7},
        {"max_features": "log2"},
        {"min_samples_leaf": 0.1},
        {"min_samples_leaf": 200},
        {"min_samples_split": 9},
        {"n_estimators": 5},
        {"criterion": "log_loss"},
        {"min_impurity_decrease": 0.1},
        {"something_new": 1},
        {"min_samples_leaf": "many"},
        {"max_features": 1e999},
        {"n_estimators": 10**400, "max_features": [1]},
    ],
    ids=str,
)
def test_values_that_our_space_cannot_express_do_not_map(changed):
    assert parameters_of(FOREST, **{"criterion": "gini", **changed}) is None


@pytest.mark.parametrize(
    ("component", "theirs", "ours"),
    [
        ("Classifier", "auto", "sqrt"),
        ("Classifier", "sqrt", "sqrt"),
        ("Classifier", None, 1.0),
        ("Regressor", "auto", 1.0),
        ("Regressor", 0.37, 0.4),
        ("Regressor", 1.0, 1.0),
    ],
)
def test_old_names_of_defaults_mean_what_they_meant(component, theirs, ours):
    name = f"sklearn.ensemble.forest.RandomForest{component}"
    assert parameters_of(name, max_features=theirs)["max_features"] == ours


def test_a_split_of_twice_a_leaf_says_nothing_new():
    assert parameters_of(FOREST, min_samples_leaf=5, min_samples_split=10) is not None


def test_regressors_have_no_criterion_of_classes():
    name = "sklearn.ensemble._forest.ExtraTreesRegressor"
    parameters = parameters_of(name, criterion="mse", max_features=0.2, bootstrap=False)
    assert parameters == {"max_features": 0.2, "min_samples_leaf": 1}
    assert parameters_of(name, criterion="poisson", bootstrap=False) is None


@pytest.mark.parametrize("gamma", ["auto", "scale"])
def test_support_vectors_map_with_a_relative_width(gamma):
    parameters = parameters_of(
        "sklearn.svm.classes.SVC", C=3.0, gamma=gamma, kernel="rbf"
    )
    assert parameters == {"C": 3.0, "gamma": 1.0}


@pytest.mark.parametrize(
    "changed", [{"gamma": 0.1}, {"kernel": "poly"}, {"C": 1e5}, {"max_iter": 10}]
)
def test_other_support_vectors_do_not_map(changed):
    assert parameters_of("sklearn.svm.classes.SVC", **changed) is None


def test_neighbours_map_their_power():
    name = "sklearn.neighbors.classification.KNeighborsClassifier"
    assert parameters_of(
        name, n_neighbors=7, weights="distance", p=1, metric="minkowski", leaf_size=9
    ) == {"n_neighbors": 7, "weights": "distance", "power": 1, "stretch": 0.0}
    assert parameters_of(name, p=3) is None
    assert parameters_of(name, metric="cosine") is None


def test_boosted_trees_map_without_their_rounds():
    name = "sklearn.ensemble._hist_gradient_boosting.gradient_boosting.{}"
    name = name.format("HistGradientBoostingClassifier")
    assert parameters_of(
        name, learning_rate=0.1, max_iter=500, max_leaf_nodes=31, loss="auto"
    ) == {
        "learning_rate": 0.1,
        "max_leaf_nodes": 31,
        "min_samples_leaf": 20,
        "l2_regularization": 1e-3,
        "max_features": 1.0,
    }
    assert parameters_of(name, max_iter=10) is None
    assert parameters_of(name, max_depth=3) is None


def test_logistic_regression_maps_its_l2_penalty_only():
    name = "sklearn.linear_model.logistic.LogisticRegression"
    assert parameters_of(name, C=2.0, penalty="l2") == {"C": 2.0, "n_knots": 0}
    assert parameters_of(name, C=2.0, penalty="l1") is None


def test_every_rule_names_a_learner_and_maps_its_defaults():
    for kind, make in RULES.items():
        component = f"sklearn.any.{kind}"
        rule = make(component)
        learner = load_plugins().learners[rule.learner]
        parameters = {f"{component}(1)_random_state": "0"}
        if kind.startswith("ExtraTrees"):
            parameters[f"{component}(1)_bootstrap"] = "false"
        assert map_setup(rule, parameters, learner) is not None, kind


def test_parameters_of_other_components_are_not_its_own():
    rule = rule_of(PIPELINE.format(FOREST))
    learner = load_plugins().learners["random_forest"]
    of_forest = {f"{FOREST}(1)_max_features": "0.2"}
    of_encoder = {"sklearn.preprocessing.data.OneHotEncoder(9)_sparse": "true"}
    configuration = map_setup(rule, of_forest | of_encoder, learner)
    assert configuration.parameters["max_features"] == 0.2
    assert map_setup(rule, of_encoder, learner) is None, (
        "nothing is known of the forest"
    )


def test_words_without_quotes_are_words():
    rule = rule_of(FOREST)
    learner = load_plugins().learners["random_forest"]
    configuration = map_setup(rule, {f"{FOREST}(1)_criterion": "entropy"}, learner)
    assert configuration.parameters["criterion"] == "entropy"
