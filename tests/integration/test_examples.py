"""The scripts run as they are, with little time."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.workers

EXAMPLES = Path(__file__).parents[2] / "examples"
# Each takes a quarter of a minute or more, and docs/how-to or the integration tests of
# the refresh ask the same in parts.
LONG = {"20_own_metric.py", "40_resume.py", "50_refresh_from_openml.py"}
# Writes files, and needs a browser.
PICTURES = "pictures.py"
SECONDS = "3"
SCRIPTS = [p.name for p in sorted(EXAMPLES.glob("*.py")) if p.name != PICTURES]
BROWSERS = ("chromium", "google-chrome")


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(name, marks=[pytest.mark.slow] if name in LONG else [])
        for name in SCRIPTS
    ],
)
def test_the_example_runs_without_a_warning(script, tmp_path):
    result = subprocess.run(
        [sys.executable, str(EXAMPLES / script), SECONDS],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=100,
    )

    assert result.returncode == 0, result.stderr
    assert "Warning" not in result.stderr
    assert result.stdout.strip()
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
@pytest.mark.skipif(not any(map(shutil.which, BROWSERS)), reason="needs Chromium")
def test_the_pictures_of_the_readme_can_be_drawn(tmp_path):
    subprocess.run(
        [sys.executable, str(EXAMPLES / PICTURES), SECONDS, str(tmp_path)],
        check=True,
        timeout=100,
    )

    assert "headstart train tumours.csv" in (tmp_path / "train.svg").read_text(
        encoding="utf-8"
    ).replace("&#160;", " ")
    assert (tmp_path / "report.png").read_bytes().startswith(b"\x89PNG")
