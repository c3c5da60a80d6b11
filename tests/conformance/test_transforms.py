"""The conformance kit, asked of each transform that is built in."""

import pytest

from headstart.plugins import load_plugins
from headstart.testing import transform_checks

REGISTRY = load_plugins()
BUILT_IN = [
    transform
    for name, transform in REGISTRY.transforms.items()
    if REGISTRY.plugin_of(name, "transforms").source == "built-in"
]
# What importing does is looked at of whole plugins.
IMPORTS = ("import-time", "import-effects")


@pytest.mark.parametrize(
    "check",
    [
        pytest.param(check, id=f"{transform.name}-{check}")
        for transform in BUILT_IN
        for check in transform_checks(transform)
        if str(check) not in IMPORTS
    ],
)
def test_a_built_in_transform_behaves(check):
    check()
