"""The pinned requirements in `locks/` agree with the ranges that people install by."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
LOCKS = ("build", "run", "test", "lint")
OWN = re.compile(r"headstart(-[a-z]+)?$")


def read_lock(name):
    """Return the requirements of a lock, by name, one per marker."""
    pinned = {}
    text = (ROOT / "locks" / f"{name}.txt").read_text(encoding="utf-8")
    for entry in text.replace("\\\n", " ").splitlines():
        line = entry.partition(" --hash")[0].strip()
        if line:
            requirement = Requirement(line)
            pinned.setdefault(canonicalize_name(requirement.name), []).append(
                (requirement, entry.count("--hash=sha256:"))
            )
    return pinned


def read_ranges(name):
    """Return the requirements that a lock is made of."""
    main = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    if name != "run":
        lines = main["dependency-groups"][name]
    else:
        lines = list(main["project"]["dependencies"])
        for file in ROOT.glob("plugins/*/pyproject.toml"):
            project = tomllib.loads(file.read_text(encoding="utf-8"))["project"]
            lines += project["dependencies"]
    ranges = [Requirement(line) for line in lines]
    return [wanted for wanted in ranges if not OWN.match(wanted.name)]


@pytest.mark.parametrize("name", LOCKS)
def test_each_range_has_a_pinned_version_within_it(name):
    pinned = read_lock(name)
    for wanted in read_ranges(name):
        versions = [
            specifier.version
            for requirement, _ in pinned[canonicalize_name(wanted.name)]
            for specifier in requirement.specifier
        ]
        assert versions, f"{wanted.name} is not in locks/{name}.txt: run make lock"
        outside = [v for v in versions if v not in wanted.specifier]
        assert not outside, f"{wanted} is not met by {outside}: run make lock"


@pytest.mark.parametrize("name", LOCKS)
def test_each_pinned_version_has_a_hash(name):
    for requirements in read_lock(name).values():
        for requirement, n_hashes in requirements:
            assert str(requirement.specifier).startswith("=="), requirement
            assert n_hashes > 0, requirement


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_index_and_no_path(name):
    text = (ROOT / "locks" / f"{name}.txt").read_text(encoding="utf-8")
    assert "://" not in text
    assert "-e " not in text
    assert "--index-url" not in text


def test_later_locks_keep_the_versions_of_earlier_ones():
    test, run = read_lock("test"), read_lock("run")
    for name, requirements in run.items():
        assert {str(r) for r, _ in requirements} == {str(r) for r, _ in test[name]}
