"""Plugins, the scaffold and the pages for authors import `headstart.sdk` only."""

import ast
import re
from pathlib import Path

import pytest

from headstart import sdk

ROOT = Path(__file__).parents[3]
TEMPLATES = ROOT / "python" / "headstart" / "cli" / "plugins" / "templates"
PACKAGES = sorted(ROOT.glob("plugins/*/src/headstart_*"))
PAGES = [
    ROOT / "docs" / "tutorial" / "own_plugin.md",
    ROOT / "docs" / "how-to" / "own_transform.md",
    ROOT / "docs" / "how-to" / "own_metric.md",
    ROOT / "docs" / "reference" / "plugins.md",
    ROOT / "docs" / "reference" / "transforms.md",
    *sorted(ROOT.glob("plugins/*/README.md")),
]
# What a user of plugins does, not their author.
OF_USERS = {"headstart", "headstart.plugins"}


def imports(code: str) -> set[str]:
    """Return the modules of headstart, and of nothing else, that code imports from."""
    modules = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom) and not node.level:
            modules.add(node.module or "")
        elif isinstance(node, ast.Import):
            modules.update(alias.name for alias in node.names)
    of_headstart = {
        m for m in modules if m == "headstart" or m.startswith("headstart.")
    }
    kit = {m for m in of_headstart if m.startswith("headstart.testing.")}
    return {"headstart.testing", *(of_headstart - kit)} if kit else of_headstart


def code_of(page: Path) -> str:
    """Return the Python of a page: prompts without their answers, and whole blocks."""
    blocks = re.findall(r"```python\n(.*?)```", page.read_text("utf-8"), re.S)
    lines = []
    for block in blocks:
        prompts = re.findall(r"^(?:>>>|\.\.\.) ?(.*)$", block, re.M)
        lines += prompts if ">>>" in block else block.splitlines()
    return "\n".join(lines)


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)
def test_a_plugin_imports_the_sdk_only(package):
    files = sorted(package.rglob("*.py"))
    assert files
    for file in files:
        assert imports(file.read_text("utf-8")) <= {"headstart.sdk"}, file


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)
def test_a_plugins_tests_import_the_sdk_and_the_kit_only(package):
    for file in sorted((package.parents[1] / "tests").glob("*.py")):
        allowed = {"headstart", "headstart.sdk", "headstart.testing"}
        assert imports(file.read_text("utf-8")) <= allowed, file


@pytest.mark.parametrize("kind", ["learner", "transform", "metric"])
def test_the_scaffold_imports_the_sdk_only(kind):
    files = sorted((TEMPLATES / kind).rglob("*.py.template"))
    sources = [file for file in files if "tests" not in file.parts]
    tests = [file for file in files if "tests" in file.parts]
    assert sources
    assert tests
    for file in sources:
        assert imports(filled(file)) <= {"headstart.sdk"}, file
    for file in tests:
        allowed = {"headstart", "headstart.sdk", "headstart.testing"}
        assert imports(filled(file)) <= allowed, file


def filled(template: Path) -> str:
    return re.sub(r"\$(\w+)", r"\1", template.read_text("utf-8"))


@pytest.mark.parametrize(
    "page", PAGES, ids=lambda page: f"{page.parent.name}/{page.name}"
)
def test_the_pages_for_authors_import_the_sdk_only(page):
    modules = imports(code_of(page)) - OF_USERS
    assert modules <= {"headstart.sdk", "headstart.testing"}


def test_what_an_author_needs_is_found_on_some_page():
    assert any("headstart.sdk" in imports(code_of(page)) for page in PAGES)


def test_all_that_the_sdk_names_is_there_and_sorted():
    assert list(sdk.__all__) == sorted(set(sdk.__all__))
    assert all(hasattr(sdk, name) for name in sdk.__all__)
