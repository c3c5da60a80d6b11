"""LightGBM's model text, checked.

LightGBM trusts the text it loads: a child index that points outside a tree, or at one
of its own ancestors, makes it read foreign memory or never return. So the text is read
here first, every number is checked, and LightGBM gets a text written anew from what
was read, with nothing in it that was not checked. What prediction does not need (the
training parameters, the list of tree sizes) is left out.
"""

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headstart.exceptions import ArtifactError

__all__ = ["END", "Ensemble", "Tree", "parse", "render", "stripped"]

# Possessive, so that a line is read once: thirty times as quick as with ways back.
_WORD = {
    "integer": r"-?[0-9]{1,10}+",
    "float": r"-?[0-9]{1,18}+(?:\.[0-9]{1,25}+)?+(?:e[+-][0-9]{2,3}+)?+",
}
# A split of missing from known values has an infinite threshold.
_WORD["bound"] = rf"(?:inf|{_WORD['float']})"
_LINE = {
    kind: re.compile(rf"{word}(?: {word})*+", re.ASCII) for kind, word in _WORD.items()
}
_INTEGER = re.compile(_WORD["integer"], re.ASCII)
_OBJECTIVE = re.compile(
    r"binary sigmoid:1|multiclass num_class:[0-9]{1,6}"
    r"|regression|regression_l1|quantile"
)

_UNUSED = re.compile(r"^(?:leaf_weight|internal_weight)=.*\n", re.MULTILINE)

#: What a text written by `render` ends with.
END = "end of trees\n\nparameters:\nend of parameters\n"

# LightGBM walks a tree's depth by recursion when it loads one.
_MAX_DEPTH = 2_000
_MAX_LEAVES = 100_000
_MAX_CATEGORY_WORDS = 100_000
_MAX_FEATURES = 10_000_000

# Keys of a tree, in the order in which LightGBM writes them. "node" has one value for
# each split, "leaf" one for each leaf.
_ARRAYS: tuple[tuple[str, str, str], ...] = (
    ("split_feature", "node", "integer"),
    ("split_gain", "node", "float"),
    ("threshold", "node", "bound"),
    ("decision_type", "node", "integer"),
    ("left_child", "node", "integer"),
    ("right_child", "node", "integer"),
    ("leaf_value", "leaf", "float"),
    ("leaf_count", "leaf", "integer"),
    ("internal_value", "node", "float"),
    ("internal_count", "node", "integer"),
)


@dataclass(frozen=True, slots=True)
class Tree:
    """One tree: its arrays as checked lines, by LightGBM's names."""

    index: int
    n_leaves: int
    n_categorical: int
    lines: dict[str, str]


@dataclass(frozen=True, slots=True)
class Ensemble:
    """A whole model.

    Parameters
    ----------
    objective : str
        As LightGBM writes it.
    n_features : int
    n_outputs : int
        Trees in each round.
    trees : list of Tree
    """

    objective: str
    n_features: int
    n_outputs: int
    trees: list[Tree]


def parse(text: str) -> Ensemble:
    """Read and check a model text.

    Raises
    ------
    ArtifactError
        If `text` is not a model that LightGBM can safely load.
    """
    end = text.find("\nend of trees")
    if end < 0:
        raise ArtifactError("The LightGBM model has no end: it is cut off or damaged.")
    blocks = text[:end].split("\nTree=")
    header = _fields(blocks[0], "the header")
    objective = header.get("objective", "")
    if not _OBJECTIVE.fullmatch(objective):
        raise ArtifactError(
            f"The LightGBM model has an unknown objective: {objective[:80]!r}."
        )
    n_outputs = _number(header, "num_tree_per_iteration", 1, 100_000)
    if objective.startswith("multiclass"):
        expected = int(objective.rpartition(":")[2])
    else:
        expected = 1
    if n_outputs != expected or _number(header, "num_class", 1, 100_000) != expected:
        raise ArtifactError(
            f"The LightGBM model of objective {objective!r} must have {expected} "
            f"trees a round. Got {n_outputs}."
        )
    n_features = _number(header, "max_feature_idx", 0, _MAX_FEATURES) + 1
    trees = [_tree(block, index) for index, block in enumerate(blocks[1:])]
    _check_nodes([tree for tree in trees if tree.n_leaves > 1], n_features)
    if not trees or len(trees) % n_outputs:
        raise ArtifactError(
            f"The LightGBM model must have a positive multiple of {n_outputs} trees. "
            f"Got {len(trees)}."
        )
    return Ensemble(objective, n_features, n_outputs, trees)


def render(model: Ensemble) -> str:
    """Write the text that LightGBM loads; `parse` reads it back."""
    names = " ".join(f"Column_{index}" for index in range(model.n_features))
    lines = [
        "tree",
        "version=v4",
        f"num_class={model.n_outputs}",
        f"num_tree_per_iteration={model.n_outputs}",
        "label_index=0",
        f"max_feature_idx={model.n_features - 1}",
        f"objective={model.objective}",
        f"feature_names={names}",
        # The ranges matter only when training goes on.
        "feature_infos=" + " ".join(["none"] * model.n_features),
        "",
    ]
    for index, tree in enumerate(model.trees):
        lines += [
            f"Tree={index}",
            f"num_leaves={tree.n_leaves}",
            f"num_cat={tree.n_categorical}",
            *(f"{key}={line}" for key, line in tree.lines.items()),
            "is_linear=0",
            "shrinkage=1",
            "",
            "",
        ]
    lines.append("")
    return "\n".join(lines) + END


def stripped(text: str) -> str:
    """Return what LightGBM wrote just now, without what prediction does not need.

    Nothing is checked: for a text that never left this process.
    """
    trees, _, _ = text.partition("\nend of trees")
    return _UNUSED.sub("", trees) + "\n" + END


def _fields(block: str, where: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    for line in block.split("\n"):
        key, separator, value = line.partition("=")
        if separator:
            if key in fields:
                raise _damaged(where, f"{key[:40]!r} occurs twice")
            fields[key] = value
    return fields


def _number(fields: dict[str, str], key: str, low: int, high: int) -> int:
    word = fields.get(key, "")
    if not _INTEGER.fullmatch(word) or not low <= int(word) <= high:
        raise _damaged(key, f"expected an integer in {low}..{high}, got {word[:40]!r}")
    return int(word)


def _tree(block: str, index: int) -> Tree:
    """Read one tree; what is in its nodes is checked for all trees together."""
    where = f"tree {index}"
    first, _, rest = block.partition("\n")
    if first != str(index):
        raise _damaged(where, f"it calls itself {first[:20]!r}")
    fields = _fields(rest, where)
    n_leaves = _number(fields, "num_leaves", 1, _MAX_LEAVES)
    if _number(fields, "is_linear", 0, 1):
        raise _damaged(where, "linear trees are not supported")
    if n_leaves == 1:
        line = _line(fields, "leaf_value", 1, where)
        _check_words([line], "leaf_value", "float")
        return Tree(index, 1, 0, {"leaf_value": line})
    size = {"node": n_leaves - 1, "leaf": n_leaves}
    lines = {key: _line(fields, key, size[per], where) for key, per, _ in _ARRAYS}
    n_categorical = _number(fields, "num_cat", 0, n_leaves - 1)
    if n_categorical:
        bounds = _line(fields, "cat_boundaries", n_categorical + 1, where)
        _check_words([bounds], "cat_boundaries", "integer")
        edges = _integers([bounds])
        if (
            edges[0] != 0
            or (np.diff(edges) <= 0).any()
            or edges[-1] > _MAX_CATEGORY_WORDS
        ):
            raise _damaged(where, "the sets of categories overlap")
        sets = _line(fields, "cat_threshold", int(edges[-1]), where)
        _check_words([sets], "cat_threshold", "integer")
        _check_range(_integers([sets]), 2**32, "a set")
        lines |= {"cat_boundaries": bounds, "cat_threshold": sets}
    return Tree(index, n_leaves, n_categorical, lines)


def _line(fields: dict[str, str], key: str, size: int, where: str) -> str:
    line = fields.get(key, "")
    n_values = line.count(" ") + 1
    if n_values != size:
        raise _damaged(where, f"{key} must have {size} values, not {n_values}")
    return line


def _check_nodes(trees: list[Tree], n_features: int) -> None:
    """Check the nodes of all trees at once: one by one costs several times as much."""
    if not trees:
        return
    for key, _, kind in _ARRAYS:
        _check_words([tree.lines[key] for tree in trees], key, kind)
    found = {
        key: _integers([tree.lines[key] for tree in trees])
        for key, _, kind in _ARRAYS
        if kind == "integer"
    }
    _check_range(found["split_feature"], n_features, "a feature")
    # One bit for categorical, one for the default side, two for the kind of missing.
    _check_range(found["decision_type"], 12, "a decision")
    for key in ("leaf_count", "internal_count"):
        _check_range(found[key], 2**31, "a count")
    sizes = np.array([tree.n_leaves - 1 for tree in trees])
    _check_shape(np.stack([found["left_child"], found["right_child"]]), sizes, trees)
    _check_categorical(found["decision_type"], sizes, trees)


def _check_words(lines: list[str], key: str, kind: str) -> None:
    # A blank too many, or a line without a word, makes two blanks in a row: no match.
    joined = " ".join(lines)
    if not _LINE[kind].fullmatch(joined):
        wrong = next(line for line in lines if not _LINE[kind].fullmatch(line))
        raise _damaged("a tree", f"{key} holds {wrong[:40]!r}, expected finite {kind}s")
    if kind == "float" and not np.isfinite(np.fromstring(joined, sep=" ")).all():
        raise _damaged("a tree", f"{key} holds a value that is not finite")


def _integers(lines: list[str]) -> NDArray[np.int64]:
    return np.fromstring(" ".join(lines), dtype=np.int64, sep=" ")


def _check_range(values: NDArray[np.int64], limit: int, what: str) -> None:
    wrong = (values < 0) | (values >= limit)
    if wrong.any():
        raise _damaged("a tree", f"{values[wrong][0]} is not {what} that exists")


def _check_shape(
    children: NDArray[np.int64], sizes: NDArray[np.int64], trees: list[Tree]
) -> None:
    """Check that the children form trees: each node and leaf has one parent.

    LightGBM numbers splits in the order in which it makes them, so that a child always
    comes after its parent; with one parent each, that rules out cycles.
    """
    first = np.repeat(np.cumsum(sizes) - sizes, sizes)
    n_nodes = np.broadcast_to(np.repeat(sizes, sizes), children.shape)
    nodes = np.broadcast_to(np.arange(first.size) - first, children.shape)
    owner = np.broadcast_to(np.repeat(np.arange(sizes.size), sizes), children.shape)
    inner = children >= 0
    leaves = -children - 1
    wrong = np.where(
        inner, (children <= nodes) | (children >= n_nodes), leaves > n_nodes
    )
    if wrong.any():
        where = f"tree {trees[owner[wrong][0]].index}"
        raise _damaged(
            where, f"node {nodes[wrong][0]} has no child {children[wrong][0]}"
        )
    # A tree has one leaf more than nodes, so its leaves begin after those before it.
    places = np.broadcast_to(first, children.shape)
    for taken in (
        (children + places)[inner],
        (leaves + places + owner)[~inner],
    ):
        if (np.bincount(taken, minlength=1) > 1).any():
            raise _damaged("a tree", "two nodes have one child")
    for place in np.flatnonzero(sizes > _MAX_DEPTH):
        begin = int(sizes[:place].sum())
        _check_depth(children[:, begin : begin + sizes[place]], trees[place].index)


def _check_depth(children: NDArray[np.int64], index: int) -> None:
    depth = [0] * children.shape[1]
    for node, pair in enumerate(children.T.tolist()):
        for child in pair:
            if child >= 0:
                depth[child] = depth[node] + 1
    if max(depth) > _MAX_DEPTH:
        raise _damaged(f"tree {index}", f"it is deeper than {_MAX_DEPTH}")


def _check_categorical(
    decisions: NDArray[np.int64], sizes: NDArray[np.int64], trees: list[Tree]
) -> None:
    """Check that nodes that split by a set of categories name one that there is."""
    splits = np.flatnonzero(decisions & 1)
    first = np.cumsum(sizes) - sizes
    owners = np.searchsorted(first, splits, side="right") - 1
    for owner in np.unique(owners):
        tree = trees[owner]
        known = {str(number) for number in range(tree.n_categorical)}
        words = tree.lines["threshold"].split(" ")
        for node in splits[owners == owner] - first[owner]:
            if words[node] not in known:
                raise _damaged(
                    f"tree {tree.index}",
                    f"there is no set of categories {words[node][:20]!r}",
                )


def _damaged(where: str, what: str) -> ArtifactError:
    return ArtifactError(f"The LightGBM model is damaged in {where}: {what}.")
