"""Plugins of tests do not stay behind in the process."""

import sys
import textwrap

import numpy as np
import pytest

from headstart.plugins import load_plugins, manager, use
from headstart.plugins.files import MODULE_PREFIX, load_plugin_file


@pytest.fixture(autouse=True)
def no_plugins_stay():
    yield
    manager._registered.clear()
    use()
    load_plugin_file.cache_clear()
    load_plugins.cache_clear()
    for name in [n for n in sys.modules if n.startswith(MODULE_PREFIX)]:
        del sys.modules[name]


@pytest.fixture
def plugin_file(tmp_path):
    """Write a plugin of one file, return its path."""

    def write(name, text):
        path = tmp_path / f"{name}.py"
        path.write_text(textwrap.dedent(text))
        return path

    return write


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 3))
    return X, (X[:, 0] + 0.3 * rng.normal(size=60) > 0).astype(int)
