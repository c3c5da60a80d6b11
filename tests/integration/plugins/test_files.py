"""Plugins of one file, from the fit to the loaded model."""

import numpy as np
import pytest
from typer.testing import CliRunner

import headstart
from headstart import AutoClassifier, Validation
from headstart.cli.app import app
from headstart.exceptions import FitError, MissingPluginError
from headstart.plugins import load_plugins, use

PLUGIN = """
import numpy as np
from sklearn.naive_bayes import GaussianNB
from headstart.sdk import ExporterRecord, Float, from_estimator, hookimpl


class Own(GaussianNB):
    pass


@hookimpl
def register_learners(register):
    space = {"var_smoothing": Float(1e-12, 1e-3, log=True)}
    register(from_estimator("own_bayes", Own, space=space))


@hookimpl
def register_exporters(register):
    register(ExporterRecord("words", ".words", lambda m, path: path.write_text("ok")))
"""


def fitted(table):
    model = AutoClassifier(
        time_limit=None,
        max_trials=1,
        n_jobs=1,
        learners=["own_bayes"],
        validation=Validation(folds=3, repeats=1),
        random_state=0,
    )
    return model.fit(*table, listeners=[])


@pytest.mark.workers
def test_a_learner_of_a_file_runs_in_workers_and_its_models_ask_for_the_file(
    table, tmp_path, plugin_file
):
    path = plugin_file("own_plugin", PLUGIN)
    use(files=[path])

    model = fitted(table)
    model.save(tmp_path / "m.headstart")

    use()
    with pytest.raises(MissingPluginError, match=r"--plugin own_plugin\.py"):
        headstart.load(tmp_path / "m.headstart")
    use(files=[path])
    loaded = headstart.load(tmp_path / "m.headstart")
    assert np.array_equal(loaded.predict_proba(table[0]), model.predict_proba(table[0]))

    # Changed behind the back of the parent: the worker refuses it.
    path.write_text(PLUGIN + "# changed")
    with pytest.raises(FitError, match="has changed since it was loaded"):
        fitted(table)


@pytest.mark.filterwarnings("default::headstart.exceptions.HeadstartWarning")
def test_commands_take_plugin_files(table, tmp_path, plugin_file):
    path = plugin_file("own_plugin", PLUGIN)
    use(files=[path])
    fitted(table).save(tmp_path / "m.v2.headstart")
    use()
    runner, model = CliRunner(), str(tmp_path / "m.v2.headstart")

    assert "--plugin own_plugin.py" in runner.invoke(app, ["info", model]).output
    with_plugin = ["--plugin", str(path)]
    assert runner.invoke(app, ["info", model, *with_plugin]).exit_code == 0
    done = runner.invoke(app, ["export", model, "--format", "words", *with_plugin])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "m.v2.words").read_text() == "ok"
    absent = runner.invoke(app, ["info", model, "--plugin", "nowhere.py"])
    assert "cannot be read" in absent.output
    off = runner.invoke(
        app, ["info", model, *with_plugin, "--disable-plugin", "own_plugin"]
    )
    assert "it is disabled" in off.output
    assert load_plugins().problems == ()
