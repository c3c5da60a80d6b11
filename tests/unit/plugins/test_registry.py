import pytest

from headstart.base import Learner, TaskKind
from headstart.exceptions import MissingPluginError, PluginError
from headstart.plugins import PluginProblem, PluginRecord, Registry


def learner(name, *kinds):
    tasks = frozenset(kinds or TaskKind)
    return type("Made", (Learner,), {"name": name, "tasks": tasks})()


@pytest.fixture
def registry():
    learners = {
        "ridge": learner("ridge", TaskKind.REGRESSION),
        "logistic": learner("logistic", TaskKind.BINARY, TaskKind.MULTICLASS),
        "mlp": learner("mlp"),
    }
    plugins = (PluginRecord("own", "headstart", "1.0", {"learners": tuple(learners)}),)
    return Registry(learners, plugins)


def test_none_selects_all_learners_of_a_kind(registry):
    assert list(registry.select(None, TaskKind.REGRESSION)) == ["ridge", "mlp"]


def test_a_learner_with_opt_in_is_selected_only_by_its_name():
    rare = learner("rare")
    type(rare).opt_in = True
    registry = Registry({"mlp": learner("mlp"), "rare": rare})

    assert list(registry.select(None, TaskKind.BINARY)) == ["mlp"]
    assert list(registry.select(["-rare"], TaskKind.BINARY)) == ["mlp"]
    assert list(registry.select(["rare", "mlp"], TaskKind.BINARY)) == ["rare", "mlp"]


def test_names_are_selected_in_the_order_given(registry):
    selected = registry.select(["mlp", "logistic"], TaskKind.BINARY)
    assert list(selected) == ["mlp", "logistic"]


def test_a_name_with_a_minus_is_left_out(registry):
    assert list(registry.select(["-mlp"], TaskKind.REGRESSION)) == ["ridge"]
    assert list(registry.select(["mlp", "ridge", "-ridge"], TaskKind.REGRESSION)) == [
        "mlp"
    ]


def test_a_learner_that_is_not_installed_may_be_left_out(registry):
    assert list(registry.select(["-catboost"], TaskKind.BINARY)) == ["logistic", "mlp"]


def test_learner_objects_are_taken_as_they_are(registry):
    passed = learner("own")
    assert registry.select([passed, "mlp"], TaskKind.BINARY)["own"] is passed


def test_a_learner_object_may_stand_for_an_installed_one(registry):
    passed = learner("mlp")
    assert registry.select([passed], TaskKind.BINARY) == {"mlp": passed}


@pytest.mark.parametrize(
    ("learners", "message"),
    [
        (["lightgmb"], "hint: did you mean 'lightgbm'?"),
        (["ridge "], "hint: did you mean 'ridge'?"),
        (["-rigde"], "hint: did you mean 'ridge'?"),
        (["zzz"], "Installed: 'logistic', 'mlp', 'ridge'."),
        (["logistic"], "made for binary, multiclass tasks. The task is regression."),
        (["-mlp", "-ridge"], "No learner remains"),
        ("ridge", "hint: write ['ridge']"),
        ([Learner], "hint: write Learner()"),
        (Learner, "put it into a list"),
        ([3], "Got int instead"),
        ([learner("mlp"), "mlp"], "Two learners are named 'mlp'"),
    ],
)
def test_what_cannot_be_selected_is_explained(registry, learners, message):
    with pytest.raises(PluginError) as caught:
        registry.select(learners, TaskKind.REGRESSION)
    assert message in str(caught.value)


def test_a_missing_distribution_is_named_with_its_install_command(registry):
    with pytest.raises(MissingPluginError, match="pip install headstart-lightgbm"):
        registry.learner("lightgbm")


def test_a_broken_distribution_is_explained_instead(registry):
    problem = PluginProblem("lightgbm", "headstart-lightgbm", "no libgomp")
    with pytest.raises(MissingPluginError, match="no libgomp"):
        Registry(registry.learners, problems=(problem,)).learner("lightgbm")


def test_a_distribution_with_an_extra_is_known_by_its_name(registry):
    with pytest.raises(MissingPluginError, match=r"pip install 'headstart-neural\[to"):
        registry.learner("tabm")
    problem = PluginProblem("neural", "headstart-neural", "no torch for this Python")
    with pytest.raises(MissingPluginError, match="no torch for"):
        Registry(registry.learners, problems=(problem,)).learner("tabm")


def test_a_learner_of_the_user_has_no_distribution(registry):
    assert registry.distribution_of("own") == ""
    assert registry.distribution_of("mlp") == "headstart"
