"""The numbered scripts and the demo run as they are, with little time."""

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
# Each takes a quarter of a minute or more, and docs/how-to or the integration tests of
# the refresh ask the same in parts.
LONG = {"20_own_metric.py", "40_resume.py", "50_refresh_from_openml.py"}
SCRIPTS = [path.name for path in sorted(EXAMPLES.glob("*.py"))]


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(name, marks=[pytest.mark.slow] if name in LONG else [])
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
