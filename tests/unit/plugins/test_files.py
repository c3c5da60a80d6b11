import sys

import pytest

from headstart.exceptions import PluginError
from headstart.plugins import load_plugins, registry_of_file, use
from headstart.plugins.files import MODULE_PREFIX, load_plugin_file

PLUGIN = """
from headstart.base import Learner
from headstart.plugins import hookimpl


class Mine(Learner):
    name = "mine"


@hookimpl
def register_learners(register):
    register(Mine())
"""


@pytest.fixture(autouse=True)
def nothing_stays():
    yield
    use()
    load_plugin_file.cache_clear()
    registry_of_file.cache_clear()
    for name in [n for n in sys.modules if n.startswith(MODULE_PREFIX)]:
        del sys.modules[name]


@pytest.fixture
def path(tmp_path):
    place = tmp_path / "my_learner.py"
    place.write_text(PLUGIN)
    return place


def test_a_file_is_a_plugin_known_by_path_and_hash(path):
    use(files=[path])
    record = load_plugins().plugin_of("mine")
    assert (record.source, record.name) == ("file", "my_learner")
    assert (record.distribution, record.path) == ("my_learner.py", str(path))
    assert record.sha256.startswith(record.version)
    assert len(record.sha256) == 64


def test_classes_of_a_file_are_importable_by_the_name_of_their_module(path):
    use(files=[path])
    kind = type(load_plugins().learners["mine"])
    assert getattr(sys.modules[kind.__module__], "Mine") is kind  # noqa: B009


def test_a_folder_of_the_environment_is_searched_for_files(path, monkeypatch):
    (path.parent / "_helper.py").write_text("raise RuntimeError")
    monkeypatch.setenv("HEADSTART_PLUGIN_FOLDER", str(path.parent))
    load_plugins.cache_clear()
    assert "mine" in load_plugins().learners
    assert load_plugins().problems == ()


def test_a_folder_that_is_not_there_is_reported(tmp_path, monkeypatch):
    monkeypatch.setenv("HEADSTART_PLUGIN_FOLDER", str(tmp_path / "nowhere"))
    load_plugins.cache_clear()
    assert "does not exist" in load_plugins().problems[0].reason
    assert "ridge" in load_plugins().learners


def test_a_worker_refuses_a_file_that_has_changed(path):
    use(files=[path])
    record = load_plugins().plugin_of("mine")
    load_plugin_file.cache_clear()  # as in another process
    assert "mine" in registry_of_file(record.path, record.sha256).learners
    load_plugin_file.cache_clear()
    registry_of_file.cache_clear()
    path.write_text(PLUGIN + "# changed")
    with pytest.raises(PluginError, match="has changed since it was loaded"):
        registry_of_file(record.path, record.sha256)


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("broken.py", "1 / 0", "ZeroDivisionError"),
        ("broken.py", "def (", "SyntaxError"),
        ("no hooks.py", "", "name of a module"),
        ("empty.py", "", "implements no hook"),
    ],
)
def test_a_file_that_is_asked_for_and_cannot_be_used_is_an_error(
    tmp_path, name, text, reason
):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(PluginError, match=reason):
        use(files=[path])
    assert load_plugins().problems == ()
    with pytest.raises(PluginError, match="cannot be read"):
        use(files=[tmp_path / "nowhere.py"])


def test_two_files_of_one_name_are_refused(path, tmp_path):
    other = tmp_path / "other" / path.name
    other.parent.mkdir()
    other.write_text(PLUGIN.replace('"mine"', '"other"'))
    with pytest.raises(PluginError, match=r"name of another plugin file"):
        use(files=[path, other])
