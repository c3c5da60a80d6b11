import logging
from types import ModuleType

import pytest

from headstart.base import Learner, TaskKind
from headstart.plugins import hookimpl, load_plugins
from headstart.plugins.loading import build_registry
from headstart.plugins.manager import find_candidates
from headstart.plugins.sources import BUILTINS, Candidate
from headstart.plugins.tracing import write_call


class Plain(Learner):
    name = "plain"


def learner(name):
    return type("Made", (Learner,), {"name": name})()


def module(**attributes):
    made = ModuleType("made")
    vars(made).update(attributes)
    return made


def plugin(*learners, **attributes):
    @hookimpl
    def register_learners(register):
        for item in learners:
            register(item)

    return module(register_learners=register_learners, **attributes)


def candidate(loaded, distribution="headstart-good", name="good"):
    return Candidate(name, distribution, "1.0", lambda: loaded)


def broken(error, distribution="headstart-bad"):
    def load():
        raise error

    return Candidate("bad", distribution, "1.0", load)


def test_learners_come_in_the_order_of_their_plugins():
    registry = build_registry(
        [
            candidate(plugin(learner("b"), learner("a"))),
            candidate(plugin(learner("c")), "headstart-more", "more"),
        ]
    )
    assert list(registry.learners) == ["b", "a", "c"]
    assert registry.distribution_of("c") == "headstart-more"
    assert [record.learners for record in registry.plugins] == [("b", "a"), ("c",)]
    assert registry.problems == ()


@pytest.mark.parametrize(
    "error", [ImportError("no libgomp"), SystemExit(1), ZeroDivisionError("oh")]
)
def test_a_plugin_that_fails_to_import_is_reported_and_left_out(error, caplog):
    with caplog.at_level(logging.WARNING, "headstart"):
        registry = build_registry([broken(error), candidate(plugin(Plain()))])
    assert list(registry.learners) == ["plain"]
    assert registry.problems[0].distribution == "headstart-bad"
    assert str(error) in str(registry.problems[0])
    assert "headstart-bad" in caplog.text


def test_ctrl_c_during_an_import_is_not_swallowed():
    with pytest.raises(KeyboardInterrupt):
        build_registry([broken(KeyboardInterrupt())])


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (plugin(Plain), r"hint: write Plain\(\)"),
        (plugin("ridge"), "Got str instead"),
        (plugin(learner("Not A Name")), "lower-case"),
        (plugin(learner("a"), learner("a")), "twice"),
        (
            plugin(type("NoTasks", (Learner,), {"name": "a", "tasks": frozenset()})()),
            "'tasks'",
        ),
        (plugin(type("V", (Learner,), {"name": "a", "view": "raw"})()), "'view'"),
        (plugin(Plain(), HEADSTART_API_VERSION=99), "built for version 99"),
        (module(), "implements no hook"),
    ],
)
def test_a_plugin_that_declares_nonsense_is_left_out(made, reason):
    registry = build_registry([candidate(made)])
    assert registry.learners == {}
    assert registry.plugins == ()
    with pytest.raises(AssertionError, match=reason):
        raise AssertionError(registry.problems[0].reason)


def test_a_hook_that_does_not_exist_is_named():
    @hookimpl
    def register_lerners(register):
        register(Plain())

    made = module(register_lerners=register_lerners)
    registry = build_registry([candidate(made)])
    assert "'register_lerners', which does not exist" in registry.problems[0].reason


def test_a_hook_with_an_unknown_argument_is_left_out():
    @hookimpl
    def register_learners(register, colour):
        register(Plain())

    made = module(register_learners=register_learners)
    registry = build_registry([candidate(made)])
    assert "colour" in registry.problems[0].reason


def test_a_plugin_that_raises_half_way_leaves_nothing_behind():
    @hookimpl
    def register_learners(register):
        register(learner("half"))
        raise RuntimeError("half way")

    made = module(register_learners=register_learners)
    registry = build_registry(
        [candidate(made), candidate(plugin(Plain()), "headstart-more", "more")]
    )
    assert list(registry.learners) == ["plain"]
    assert "half way" in registry.problems[0].reason


def test_the_first_of_two_plugins_keeps_a_name_and_both_are_told():
    registry = build_registry(
        [
            candidate(plugin(Plain()), "headstart-first"),
            candidate(plugin(Plain(), learner("other")), "headstart-second"),
        ]
    )
    assert registry.distribution_of("plain") == "headstart-first"
    assert "other" not in registry.learners
    assert registry.problems[0].distribution == "headstart-second"
    assert "'plain', a name that headstart-first has taken" in str(registry.problems[0])


def test_only_enabled_distributions_are_loaded_beside_the_built_in_ones():
    candidates = [
        Candidate(
            "headstart.learners.own",
            "headstart",
            "1.0",
            lambda: plugin(learner("own")),
            source="built-in",
        ),
        candidate(plugin(learner("wanted")), "headstart-wanted"),
        candidate(plugin(learner("other")), "headstart-other"),
    ]
    registry = build_registry(candidates, enabled=["Headstart_Wanted"])
    assert list(registry.learners) == ["own", "wanted"]
    assert registry.problems == ()


def test_an_enabled_distribution_that_is_not_installed_is_reported():
    registry = build_registry([], enabled=["headstart-nowhere"])
    assert "it is not installed" in str(registry.problems[0])


def test_disabled_distributions_are_not_even_imported():
    registry = build_registry(
        [broken(ImportError("must not be tried"))],
        enabled=["headstart-bad"],
        disabled=["headstart.bad"],
    )
    assert registry.problems == ()


def test_hook_calls_are_traced_to_standard_error(capsys):
    build_registry([candidate(plugin(Plain()))], trace=write_call)
    captured = capsys.readouterr()
    assert (
        "headstart: headstart-good:good: register_learners(register) registered plain,"
        in captured.err
    )
    assert captured.out == ""


def test_built_in_plugins_come_first_among_the_candidates():
    names = [candidate.name for candidate in find_candidates()]
    assert names[: len(BUILTINS)] == list(BUILTINS)


def test_all_built_in_plugins_load():
    registry = load_plugins()
    loaded = {record.name for record in registry.plugins}
    assert set(BUILTINS) <= loaded
    assert load_plugins() is registry


def test_the_allow_list_of_the_environment_bounds_what_is_loaded(monkeypatch):
    monkeypatch.setenv("HEADSTART_PLUGINS", "")
    load_plugins.cache_clear()
    try:
        distributions = {record.distribution for record in load_plugins().plugins}
    finally:
        load_plugins.cache_clear()
    assert distributions == {"headstart"}


def test_every_kind_of_task_has_built_in_learners():
    for kind in TaskKind:
        assert load_plugins().select(None, kind)
