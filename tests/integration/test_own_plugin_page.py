"""The tutorial on plugins: its commands run, its files are written, as they stand."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from tests.integration.environment import make_environment

PAGE = Path(__file__).parents[2] / "docs" / "tutorial" / "own_plugin.md"


def script_of(page: str) -> str:
    """Return the page as one shell script: commands, and files by their last name."""
    steps = []
    for block in re.finditer(r"^```(sh|python)\n(.*?)^```$", page, re.S | re.M):
        if block[1] == "sh":
            steps.append(block[2])
        else:
            name = re.findall(r"`([\w/]+\.py)`", page[: block.start()])[-1]
            steps.append(f"cat > {name} <<'END OF FILE'\n{block[2]}END OF FILE\n")
    return "set -e\n" + "".join(steps)


@pytest.mark.slow
@pytest.mark.workers
def test_the_pages_commands_run(tmp_path):
    python = make_environment(tmp_path / "environment")

    done = subprocess.run(
        ["sh", "-c", script_of(PAGE.read_text("utf-8"))],
        cwd=tmp_path,
        env={
            **os.environ,
            "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}",
            # As where the network is, but without it.
            "PIP_NO_INDEX": "1",
            "PIP_NO_DEPS": "1",
            "PIP_NO_BUILD_ISOLATION": "false",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        },
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "headstart-kernel" in done.stdout
    assert re.search(r"learner 'kernel': 0 failed", done.stdout)
    assert len(re.findall(r"^kernel$", done.stdout, re.M)) == 2  # it won, both times
