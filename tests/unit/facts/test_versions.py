import platform
import sys
from importlib.metadata import version

from headstart import __version__
from headstart.artifact import version_differences, versions_of_makers
from headstart.facts.versions import installed_version


def test_versions_are_those_that_are_installed():
    made_by = versions_of_makers(["pytest"])

    assert made_by["python"] == platform.python_version()
    assert made_by["numpy"] == version("numpy")
    assert made_by["scikit-learn"] == version("scikit-learn")
    assert made_by["pytest"] == version("pytest")
    assert made_by["headstart"] == __version__


def test_what_is_not_installed_is_not_listed():
    assert "no-such-thing" not in versions_of_makers(["no-such-thing"])


def test_a_library_is_not_imported_for_its_version():
    before = set(sys.modules)

    assert installed_version("catboost-no-such") is None
    assert installed_version("catboost") != ""

    assert {"catboost"} & (set(sys.modules) - before) == set()


def test_the_same_versions_do_not_differ():
    assert version_differences(versions_of_makers()) == {}


def test_another_and_a_missing_library_differ():
    made_by = versions_of_makers() | {"numpy": "0.1", "no-such-thing": "2"}

    assert version_differences(made_by) == {
        "numpy": ("0.1", version("numpy")),
        "no-such-thing": ("2", None),
    }


def test_python_counts_by_its_first_two_numbers():
    same = ".".join(platform.python_version().split(".")[:2]) + ".99"

    assert version_differences({"python": same}) == {}
    assert version_differences({"python": "3.2.0"}) == {
        "python": ("3.2.0", platform.python_version())
    }
