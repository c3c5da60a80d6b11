"""Models whose transforms are kinds need neither scikit-learn nor the plugin."""

import subprocess
import sys

import numpy as np
import polars as pl
import pytest
from tests.small_models import small_model

from headstart.artifact.model_file import save_model
from headstart.plugins import load_plugins

N = 300
BLOCKED = ("headstart_text", "skops", "sklearn")
CHILD = """
import sys
from pathlib import Path

BLOCKED = sys.argv[2:]

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in BLOCKED:
            raise ImportError(f"{name} is not to be imported")

sys.meta_path.insert(0, Blocker())

import numpy as np
import polars as pl

from headstart.artifact.model_file import load_model

folder = Path(sys.argv[1])
table = pl.read_ipc(folder / "table.arrow")
outputs = {}
for path in sorted(folder.glob("*.headstart")):
    model, _ = load_model(path)
    outputs[path.stem] = model.predict_outputs(table)
    assert not any(step.is_python for step in model.steps() if step.kind in KINDS)
np.savez(folder / "outputs.npz", **outputs)
assert not set(BLOCKED) & {name.partition(".")[0] for name in sys.modules}
"""


def make_table():
    """Return rows of which a product, a town and a word say much of the label."""
    random = np.random.default_rng(3)
    y = random.integers(0, 2, N)
    a, b = random.normal(size=(2, N))
    towns = random.choice([f"town {i}" for i in range(30)], N)
    filler = ["the", "of", "and", "with", "from", "near", "old", "blue", "size"]
    notes = [
        " ".join([*random.choice(filler, 5), "broken" if label else "fine"])
        for label in y
    ]
    noise = random.normal(size=(6, N))
    table = pl.DataFrame({"a": a, "b": np.abs(b) * np.where(y == 1, 1, -1) / a})
    table = table.with_columns(town=pl.Series(towns), note=pl.Series(notes))
    return table.with_columns(pl.Series(f"n{i}", noise[i]) for i in range(6)), y


def test_models_predict_the_same_bits_without_scikit_learn_and_plugin(tmp_path):
    transforms = load_plugins().transforms
    if "text_svd" not in transforms:
        pytest.skip("needs the package headstart-text")
    table, y = make_table()
    table.write_ipc(tmp_path / "table.arrow")
    names = ["column_selection", "count_encoding", "generated_features"]
    names += ["target_encoding", "text_svd", "text_words"]
    outputs = {}
    for name in names:
        model = small_model(step=transforms[name], table=table, y=y)
        assert model.ensemble.parts.transform("step-0").made
        outputs[name] = model.predict_outputs(table)
        save_model(model, tmp_path / f"{name}.headstart", {})

    child = CHILD.replace("KINDS", repr(sorted(kinds_of(names, transforms))))
    done = subprocess.run(
        [sys.executable, "-c", child, str(tmp_path), *BLOCKED],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    with np.load(tmp_path / "outputs.npz") as elsewhere:
        assert sorted(elsewhere) == names
        for name in names:
            np.testing.assert_array_equal(elsewhere[name], outputs[name])


def kinds_of(names, transforms):
    """Return the kinds of some transforms."""
    return {transforms[name].stored_as.kind for name in names}
