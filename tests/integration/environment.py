"""An environment of its own on top of this one: what is installed there stays there."""

import sysconfig
import venv
from pathlib import Path


def make_environment(folder: Path) -> Path:
    """Make it without the network; return its Python, with `headstart` beside it."""
    venv.create(folder, with_pip=False, symlinks=True)
    places = {"base": str(folder), "platbase": str(folder)}
    packages = Path(sysconfig.get_path("purelib", vars=places))
    here = sysconfig.get_path("purelib")
    (packages / "here.pth").write_text(f"import site; site.addsitedir({here!r})\n")
    scripts = Path(sysconfig.get_path("scripts", vars=places))
    command = scripts / "headstart"
    command.write_text(f'#!/bin/sh\nexec "{scripts}/python" -m headstart "$@"\n')
    command.chmod(0o755)
    return scripts / "python"
