import logging
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from headstart.base import Learner
from headstart.exceptions import PluginError
from headstart.plugins import (
    PluginRecord,
    hookimpl,
    load_plugins,
    loading,
    plugin_environment,
    register,
    unregister,
    use,
)
from headstart.plugins.loading import build_registry
from headstart.plugins.sources import Candidate


class Mine(Learner):
    name = "mine"


class Plugin:
    @hookimpl
    def register_learners(self, register):
        register(Mine())


class Clashing:
    @hookimpl
    def register_learners(self, register):
        register(type("R", (Learner,), {"name": "ridge"})())


@pytest.fixture(autouse=True)
def nothing_stays():
    yield
    if "plugin" in {p.name for p in load_plugins().plugins if p.source == "program"}:
        unregister("plugin")
    use()


@pytest.mark.parametrize("plugin", [Plugin, Plugin()])
def test_a_class_or_an_object_is_registered_until_it_is_taken_back(plugin):
    record = register(plugin)
    assert isinstance(record, PluginRecord)
    assert (record.source, record.distribution) == ("program", "")
    assert record.origin == "this program"
    assert "mine" in load_plugins().learners
    unregister("plugin")
    assert "mine" not in load_plugins().learners
    with pytest.raises(PluginError, match="No plugin 'plugin' was registered"):
        unregister("plugin")


def test_registering_again_takes_the_place_of_the_first():
    register(Plugin)
    first = load_plugins().learners["mine"]
    register(Plugin)
    assert load_plugins().learners["mine"] is not first


def test_what_cannot_be_registered_is_an_error_and_leaves_nothing_behind():
    with pytest.raises(PluginError, match="'ridge', a name that headstart has taken"):
        register(Clashing)
    with pytest.raises(PluginError, match="implements no hook"):
        register(object())
    assert load_plugins().problems == ()


def test_arguments_choose_over_the_environment(monkeypatch):
    monkeypatch.setenv("HEADSTART_PLUGINS", "no-such-thing")
    use(enabled=[], disabled=["Some_Thing"])
    assert {p.distribution for p in load_plugins().plugins} == {"headstart"}
    assert load_plugins().problems == ()
    environment = plugin_environment()
    assert environment["HEADSTART_PLUGINS"] == ""
    assert environment["HEADSTART_DISABLE_PLUGINS"] == "Some_Thing"
    use()
    assert "not installed" in load_plugins().problems[0].reason


def test_a_registered_plugin_may_be_disabled_by_its_name():
    register(Plugin)
    use(disabled=["plugin"])
    assert "mine" not in load_plugins().learners
    assert [p.name for p in load_plugins().disabled if not p.distribution] == ["plugin"]


def test_strict_loading_makes_a_problem_an_error(monkeypatch):
    monkeypatch.setenv("HEADSTART_PLUGINS", "no-such-thing")
    use(strict=True)
    with pytest.raises(PluginError, match=r"no-such-thing.*(?s:.)*strict"):
        load_plugins()
    use()
    assert load_plugins().problems
    monkeypatch.setenv("HEADSTART_STRICT_PLUGINS", "1")
    load_plugins.cache_clear()
    with pytest.raises(PluginError, match="no-such-thing"):
        load_plugins()
    monkeypatch.undo()
    load_plugins.cache_clear()


def test_what_a_plugin_prints_when_imported_is_held_back_and_told(capsys, caplog):
    def load():
        sys.stdout.write("Welcome to\nmy plugin!")
        return Plugin()

    with caplog.at_level(logging.WARNING, "headstart"):
        registry = build_registry([Candidate("loud", "headstart-loud", "1", load)])
    assert capsys.readouterr().out == ""
    note = "printed when it was imported: Welcome to my plugin!"
    assert registry.plugins[0].notes == (note,)
    assert "headstart-loud" in caplog.text


def test_what_other_threads_print_while_a_plugin_is_imported_is_theirs(capsys):
    def load():
        with ThreadPoolExecutor(1) as threads:
            threads.submit(print, "of another thread").result()
        sys.stdout.write("of the plugin")
        return Plugin()

    registry = build_registry([Candidate("loud", "headstart-loud", "1", load)])

    assert capsys.readouterr().out == "of another thread\n"
    assert registry.plugins[0].notes == ("printed when it was imported: of the plugin",)


def test_threads_that_load_at_the_same_time_leave_the_streams_as_they_were():
    before = sys.stdout, sys.stderr
    barrier = threading.Barrier(2)

    def load():
        time.sleep(0.05)
        return Plugin()

    def build(_):
        barrier.wait(10)
        build_registry([Candidate("slow", "headstart-slow", "1", load)])

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(build, range(2)))

    assert (sys.stdout, sys.stderr) == before


def test_threads_that_load_at_the_same_time_have_one_registry():
    load_plugins.cache_clear()
    barrier = threading.Barrier(4)

    def load(_):
        barrier.wait(10)
        return load_plugins()

    with ThreadPoolExecutor(4) as threads:
        registries = list(threads.map(load, range(4)))

    assert all(registry is registries[0] for registry in registries)


def test_a_log_handler_that_a_plugin_makes_writes_to_the_streams_later(capsys):
    handlers = []

    def load():
        handlers.append(logging.StreamHandler(sys.stderr))
        return Plugin()

    build_registry([Candidate("logs", "headstart-logs", "1", load)])
    handlers[0].emit(logging.makeLogRecord({"msg": "later"}))

    assert capsys.readouterr().err == "later\n"


class Panic(BaseException):
    """As pyo3's: no `Exception`."""


@pytest.mark.parametrize(
    "error", [Panic("unwrap on None"), GeneratorExit(), SystemExit(3)]
)
def test_a_plugin_that_raises_anything_when_imported_is_left_out_and_named(error):
    def load():
        raise error

    registry = build_registry([Candidate("bad", "headstart-bad", "1", load)])

    [problem] = registry.problems
    assert problem.distribution == "headstart-bad"
    assert type(error).__name__ in problem.reason


def test_a_plugin_that_takes_long_to_import_is_named_meanwhile(monkeypatch, caplog):
    monkeypatch.setattr(loading, "_LONGEST_LOAD", 0.05)

    def load():
        give_up = time.monotonic() + 10
        while "headstart-slow" not in caplog.text and time.monotonic() < give_up:
            time.sleep(0.01)
        return Plugin()

    with caplog.at_level(logging.WARNING, "headstart"):
        registry = build_registry([Candidate("slow", "headstart-slow", "1", load)])

    assert "'slow' of headstart-slow has not been loaded after 0.05 s" in caplog.text
    assert "mine" in registry.learners


def test_ctrl_c_while_a_plugin_is_imported_is_the_users():
    def load():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_registry([Candidate("slow", "headstart-slow", "1", load)])
