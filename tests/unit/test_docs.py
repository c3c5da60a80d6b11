"""The pages in docs/ against what they describe."""

import inspect
import re
from pathlib import Path

import pytest
import typer

from headstart.cli.app import app
from headstart.machine import settings
from headstart.plugins import contributions, hookspecs
from headstart.testing.catalogue import checks_of

ROOT = Path(__file__).parents[2]
CLI_PAGE = (ROOT / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")
SETTINGS_PAGE = (ROOT / "docs" / "reference" / "settings.md").read_text(
    encoding="utf-8"
)
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("*/*.md")])
META_PAGE = (ROOT / "docs" / "reference" / "cli_meta.md").read_text(encoding="utf-8")
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]
META_COMMANDS = COMMANDS["meta"].commands
PLUGINS_PAGE = (ROOT / "docs" / "reference" / "cli_plugins.md").read_text("utf-8")
PLUGINS_COMMANDS = COMMANDS["plugins"].commands
TESTING_PAGE = (ROOT / "docs" / "reference" / "testing.md").read_text("utf-8")
GROUPS = {"meta", "plugins"}


def section(page: str, command: str) -> str:
    match = re.search(rf"^## {command}\n(.*?)(?=^## |\Z)", page, re.S | re.M)
    assert match, f"there is no section on {command!r}"
    return match[1]


@pytest.mark.parametrize(
    ("page", "command", "declared"),
    [
        *((CLI_PAGE, n, c) for n, c in sorted(COMMANDS.items()) if n not in GROUPS),
        *((META_PAGE, n, c) for n, c in sorted(META_COMMANDS.items())),
        *((PLUGINS_PAGE, n, c) for n, c in sorted(PLUGINS_COMMANDS.items())),
    ],
    ids=[
        *sorted(set(COMMANDS) - GROUPS),
        *(f"meta {n}" for n in sorted(META_COMMANDS)),
        *(f"plugins {n}" for n in sorted(PLUGINS_COMMANDS)),
    ],
)
def test_each_command_is_documented_with_exactly_its_options(page, command, declared):
    expected = {n for p in declared.params for n in p.opts if n.startswith("-")}

    documented = set(re.findall(r"`(--?[a-z-]+)`", section(page, command))) - {"-svm"}
    mentioned_elsewhere = {"--max-trials", "--run-dir"} if command == "train" else set()

    assert documented - mentioned_elsewhere == expected - mentioned_elsewhere


def test_no_command_is_documented_that_does_not_exist():
    assert set(re.findall(r"^## (\w+)$", CLI_PAGE, re.M)) == set(COMMANDS)
    assert set(re.findall(r"^## (\w+)$", META_PAGE, re.M)) == set(META_COMMANDS)
    assert set(re.findall(r"^## (\w+)$", PLUGINS_PAGE, re.M)) == set(PLUGINS_COMMANDS)


@pytest.mark.parametrize("kind", ["learner", "transform", "metric"])
def test_each_check_of_the_kit_is_documented_as_it_is(kind):
    documented = re.findall(
        r"^\| `([a-z-]+)` \| (.*) \| (.*) \|$",
        section(TESTING_PAGE, f"{kind.capitalize()}s"),
        re.M,
    )

    assert documented == [
        (check.id, check.description, check.hint) for check in checks_of(kind)
    ]


def test_each_setting_is_documented_and_no_other():
    read = set(re.findall(r'"(HEADSTART_[A-Z_]+)"', inspect.getsource(settings)))
    in_table = set(re.findall(r"^\| `(HEADSTART_[A-Z_]+)`", SETTINGS_PAGE, re.M))

    assert in_table == read
    assert set(re.findall(r"HEADSTART_[A-Z_]+", settings.__doc__ or "")) == read


def test_each_plugin_hook_is_documented_with_its_signature_and_no_other():
    page = (ROOT / "docs" / "reference" / "plugins.md").read_text(encoding="utf-8")

    documented = re.findall(r"^### `(\w+\(.*?\))`$", page, re.M)

    assert documented == [
        f"{hook}({', '.join(inspect.signature(getattr(hookspecs, hook)).parameters)})"
        for hook in hookspecs.HOOKS
    ]
    for record in contributions.__all__:
        assert record in page
        fields = inspect.signature(getattr(contributions, record)).parameters
        if record != "DescribedTable":
            call = re.search(rf"`{record}\((.*?)\)`", page, re.S)
            assert re.findall(r"(\w+)(?:=[^,]+)?(?:, |,\n|$)", call[1]) == list(fields)


def test_only_the_settings_module_reads_our_environment_variables():
    package = ROOT / "python" / "headstart"
    readers = [
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if re.search(r'(environ|getenv)[^\n]*"HEADSTART_', path.read_text("utf-8"))
    ]
    assert readers == ["machine/settings.py"]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_links_between_pages_lead_somewhere(page):
    text = page.read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!https?:)([^)#\s]+)", text)

    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_readme_names_every_how_to_page():
    text = (ROOT / "README.md").read_text(encoding="utf-8")

    missing = [p.name for p in ROOT.glob("docs/how-to/*.md") if p.name not in text]
    assert missing == []


def test_every_make_target_in_the_pages_exists():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.M))
    pages = "\n".join(p.read_text(encoding="utf-8") for p in PAGES)

    named = set(re.findall(r"^make ([a-z-]+)|`make ([a-z-]+)`", pages, re.M))
    assert {a or b for a, b in named} <= targets
