"""`from_transformer`: a `Transform` made of a scikit-learn transformer."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from headstart.base.space import Distribution, Parameters
from headstart.base.table_columns import TableColumns
from headstart.base.transform import Transform
from headstart.sdk.wrapped_transformer import FromTransformer, TransformTraits

__all__ = ["TransformTraits", "from_transformer"]


def from_transformer(
    name: str,
    transformer: Callable[..., Any],
    *,
    columns: Literal["numeric", "categorical", "text"]
    | Callable[[TableColumns], Sequence[str]] = "numeric",
    space: Mapping[str, Distribution] | None = None,
    default: Parameters | None = None,
    precedents: Sequence[Parameters] = (),
    trusted_types: Sequence[str] = (),
    traits: TransformTraits | None = None,
) -> Transform:
    """Return a transform made of a class with scikit-learn's ``fit`` and ``transform``.

    Parameters
    ----------
    name : str
    transformer : class, or callable of ``(**parameters) -> transformer``
        Its tags and its `fit` define whether it accepts missing values and reads the
        target. If it does not accept missing values, missing numbers are imputed with
        the training median. A transformer that reads the target is cross-fitted, see
        `Transform.fit_transform`, except for selectors of columns and projections
        (``SelectKBest``, ``LinearDiscriminantAnalysis``, ``PLSRegression``). These are
        fitted once on all training rows, because the axes of two fits may rotate or be
        different columns. Their columns are more informative on training rows than on
        new ones; the scores, which are out-of-fold, account for that. Other
        transformers that read the target must make columns with the same meaning in
        each fit.
    columns : {"numeric", "categorical", "text"} or callable
        Columns that it applies to: all numeric columns as one matrix; all categorical
        columns as one matrix of strings, ``"(missing)"`` where missing; or each text
        column by itself, as strings, empty where missing. Or a function of the
        `TableColumns` that returns names of columns of one of these kinds.
    space : mapping of str to Distribution, optional
        Parameters that are searched.
    default : mapping, optional
        Start of the search: values for parameters in `space` that replace the
        transformer's own defaults.
    precedents : sequence of mappings
        Parameters worth trying first, besides the default.
    trusted_types : sequence of str
        Dotted names of types in a fitted transformer that are not scikit-learn's; its
        own class need not be named.
    traits : TransformTraits, optional
        Attributes of the transform that the transformer does not define.

    Returns
    -------
    Transform

    Raises
    ------
    PluginError
        If it is no transformer, or its `space`, `default` or `columns` cannot be used.

    Examples
    --------
    >>> from sklearn.decomposition import PCA
    >>> from headstart.sdk import Integer
    >>> pca = from_transformer(
    ...     "pca",
    ...     PCA,
    ...     space={"n_components": Integer(1, 5)},
    ...     default={"n_components": 2},
    ... )
    >>> pca.name
    'pca'
    """
    return FromTransformer(
        name,
        transformer,
        columns=columns,
        space=space or {},
        default=default or {},
        precedents=precedents,
        trusted_types=trusted_types,
        traits=traits or TransformTraits(),
    )
