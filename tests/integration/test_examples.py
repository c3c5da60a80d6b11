"""The numbered scripts and the demo run as they are, with little time."""

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
SCRIPTS = [path.name for path in sorted(EXAMPLES.glob("*.py"))]


@pytest.mark.parametrize(
    "script",
    [
        # Half a minute; tests/integration/meta/openml asks the same in parts.
        pytest.param(name, marks=[pytest.mark.slow] if "openml" in name else [])
        for name in SCRIPTS
    ],
)
def test_the_example_runs_without_a_warning(script, tmp_path):
    result = subprocess.run(
        [sys.executable, str(EXAMPLES / script), "6"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=100,
    )

    assert result.returncode == 0, result.stderr
    assert "Warning" not in result.stderr
    assert result.stdout.strip()
    assert not list(tmp_path.iterdir())
