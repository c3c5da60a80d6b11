"""`headstart doctor`: a check of the installation for bug reports."""

import tempfile
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import typer

from headstart.cli.command import FAILED, JsonOption, command
from headstart.cli.output.printing import print_json, print_record, say
from headstart.cli.plugin_options import with_plugins

__all__ = ["doctor"]

_PACKAGES = (
    "headstart",
    "numpy",
    "scipy",
    "polars",
    "scikit-learn",
    "optuna",
    "skops",
    "pluggy",
    "cloudpickle",
    "sqlalchemy",
    "openml",
    "typer",
    "headstart-lightgbm",
    "lightgbm",
    "headstart-xgboost",
    "xgboost",
    "xgboost-cpu",
    "headstart-catboost",
    "catboost",
    "headstart-interpret",
    "interpret-core",
    "headstart-neural",
    "torch",
    "tabm",
    "headstart-text",
    "headstart-mlflow",
    "mlflow-skinny",
    "headstart-example",
)


@command
@with_plugins
def doctor(*, as_json: JsonOption = False) -> None:
    """Check the installation, for a bug report.

    Prints versions, usable cores and memory, knowledge bases, learners with their
    plugins, and the temporary folder.

    Exits with 1 if there are problems, which are listed under `problems`.
    """
    problems: list[str] = []
    record = {
        "versions": _versions(),
        "machine": _checked(_machine, problems),
        "execution": _checked(_execution, problems),
        "temporary_folder": _checked(_temporary_folder, problems),
        "knowledge_bases": _checked(lambda: _knowledge_bases(problems), problems),
        "plugins": _checked(lambda: _plugins(problems), problems),
        "problems": problems,
    }
    _checked(_extension, problems)
    if as_json:
        print_json(record)
    else:
        print_record(record)
        if not problems:
            say("\nno problems found")
    if problems:
        raise typer.Exit(FAILED)


def _checked(check: Callable[[], Any], problems: list[str]) -> Any:
    """Return the result of `check`; an exception becomes a problem.

    The rest of the report is useful even if one check fails.
    """
    try:
        return check()
    except Exception as error:
        problems.append(f"{type(error).__name__}: {error}")
        return None


def _versions() -> dict[str, str]:
    import platform

    versions = {"python": platform.python_version(), "platform": platform.platform()}
    for package in _PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return versions


def _machine() -> dict[str, Any]:
    from headstart.machine.capacity import available_cores, available_memory

    gigabytes = available_memory() / 1024**3
    return {
        "usable_cores": available_cores(),
        "free_memory": f"{gigabytes:.1f} GiB",
    }


def _execution() -> str:
    from headstart.machine.settings import execution_mode

    return execution_mode()


def _temporary_folder() -> dict[str, Any]:
    import shutil

    with tempfile.NamedTemporaryFile(prefix="headstart-doctor-") as file:
        file.write(b"x")
        file.flush()
    folder = tempfile.gettempdir()
    gigabytes = shutil.disk_usage(folder).free / 1024**3
    return {"path": folder, "free": f"{gigabytes:.1f} GiB"}


def _knowledge_bases(problems: list[str]) -> dict[str, str]:
    from headstart.exceptions import HeadstartError
    from headstart.machine.places import show_place
    from headstart.meta.shipped import shipped_base
    from headstart.meta.store import KnowledgeBase, own_base_place

    own_place = own_base_place()
    described = {
        "shipped": "none in this build",
        "own": f"none yet (would be {show_place(own_place)})",
    }
    places = {"shipped": shipped_base(), "own": own_place}
    for name, place in places.items():
        if place is None or not (isinstance(place, str) or place.exists()):
            continue
        try:
            with KnowledgeBase.open(place, read_only=True) as base:
                described[name] = f"{len(base.datasets())} datasets in {base.place}"
        except HeadstartError as error:
            problems.append(f"The {name} knowledge base cannot be read. {error}")
            described[name] = "cannot be read"
    return described


def _extension() -> None:
    import headstart._core  # noqa: F401 - checks that it loads


def _plugins(problems: list[str]) -> list[dict[str, str]]:
    from headstart.plugins.manager import load_plugins

    registry = load_plugins()
    problems.extend(str(problem) for problem in registry.problems)
    return [
        {"learner": name, "from": registry.distribution_of(name) or "-"}
        for name in sorted(registry.learners)
    ]
