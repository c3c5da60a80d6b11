"""docs/architecture.md and the layers of pyproject.toml against the packages."""

import re
import tomllib
from pathlib import Path

import headstart

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONTRACTS = [
    contract
    for contract in PROJECT["tool"]["importlinter"]["contracts"]
    if contract["type"] == "layers"
]
PACKAGES = next(c for c in CONTRACTS if c["containers"] == ["headstart"])


def packages(folder: Path) -> set[str]:
    """Names of the modules and packages directly in `folder`, but for its own."""
    files = {path.stem for path in folder.glob("*.py")}
    folders = {path.parent.name for path in folder.glob("*/__init__.py")}
    return (files | folders) - {"__init__", "__main__"}


def layers(contract: dict) -> list[set[str]]:
    """Names in each layer, planned ones (in parentheses) left out."""
    existing = [
        {name for name in re.split(r"\s*[|:]\s*", layer) if not name.startswith("(")}
        for layer in contract["layers"]
    ]
    return [layer for layer in existing if layer and layer != {"__main__"}]


def test_the_page_names_every_package_and_no_other():
    table = PAGE.split("Of `python/headstart`")[1].split("## Layers")[0]

    rows = re.findall(r"^\| `(\w+)` \|", table, re.M)

    assert len(rows) == len(set(rows))
    assert set(rows) == packages(ROOT / "python" / "headstart")


def test_the_page_has_the_layers_of_the_contract():
    block = PAGE.split("## Layers")[1].split("```")[1]

    drawn = [set(layer.split(" | ")) for layer in re.split(r"\s*→\s*", block.strip())]

    assert drawn == [*layers(PACKAGES), {"_core"}]


def test_the_page_lists_packages_in_the_order_of_the_layers():
    table = PAGE.split("Of `python/headstart`")[1].split("## Layers")[0]
    place = {n: i for i, names in enumerate(layers(PACKAGES)) for n in names}

    rows = re.findall(r"^\| `(\w+)` \|", table, re.M)

    assert [place[row] for row in rows] == sorted(place[row] for row in rows)


def test_contracts_of_inner_layers_name_every_subpackage():
    for contract in CONTRACTS:
        for container in contract["containers"]:
            folder = ROOT / "python" / Path(*container.split("."))
            subpackages = {p.parent.name for p in folder.glob("*/__init__.py")}

            assert subpackages <= set().union(*layers(contract)), container


def test_planned_packages_do_not_exist_yet():
    planned = set(re.findall(r"\((\w+)\)", " ".join(PACKAGES["layers"])))

    assert planned.isdisjoint(packages(ROOT / "python" / "headstart"))


def test_no_folder_has_more_than_sixteen_modules():
    root = ROOT / "python" / "headstart"

    crowded = {
        str(folder.relative_to(root)): n
        for folder in root.glob("**/")
        if (n := len({*folder.glob("*.py")} - {folder / "__init__.py"})) > 16
    }

    assert crowded == {}


def test_the_version_is_that_of_the_project():
    cargo = tomllib.loads((ROOT / "Cargo.toml").read_text(encoding="utf-8"))

    assert headstart.__version__ == PROJECT["project"]["version"]
    assert headstart.__version__ == cargo["workspace"]["package"]["version"]
