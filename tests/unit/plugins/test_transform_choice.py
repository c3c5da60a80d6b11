import pytest

from headstart.base import TaskKind, Transform
from headstart.exceptions import MissingPluginError, PluginError
from headstart.plugins import Registry, find_transform, select_transforms


class First(Transform):
    name = "first"


class Second(Transform):
    name = "second"
    tasks = frozenset({TaskKind.REGRESSION})


class Own(Transform):
    name = "own"


REGISTRY = Registry(transforms={"first": First(), "second": Second()})
OWN = Own()


@pytest.mark.parametrize(
    ("wanted", "kind", "names"),
    [
        (None, TaskKind.REGRESSION, ["first", "second"]),
        (None, TaskKind.BINARY, ["first"]),
        ([], TaskKind.REGRESSION, []),
        (["-first"], TaskKind.REGRESSION, ["second"]),
        (["first", OWN], TaskKind.BINARY, ["first", "own"]),
        (["-text_svd"], TaskKind.BINARY, ["first"]),
    ],
)
def test_names_choose_leave_out_and_objects_join(wanted, kind, names):
    assert list(select_transforms(REGISTRY, wanted, kind)) == names


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (["frist"], "did you mean 'first'"),
        (["-frist"], "Unknown transform 'frist'"),
        ("first", "must be a list"),
        ([Own], "hint: write Own()"),
        ([3], "must be an instance of headstart.sdk.Transform"),
        (["second"], "is made for regression tasks"),
        ([OWN, Own()], "Two transforms are named 'own'"),
    ],
)
def test_what_makes_no_sense_is_told(wanted, message):
    with pytest.raises(
        PluginError, match=message.replace("(", r"\(").replace(")", r"\)")
    ):
        select_transforms(REGISTRY, wanted, TaskKind.BINARY)


def test_one_of_ours_that_is_not_installed_names_its_distribution():
    with pytest.raises(MissingPluginError, match="pip install headstart-text"):
        find_transform(REGISTRY, "text_svd")
