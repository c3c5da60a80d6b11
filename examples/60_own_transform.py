# A transform of your own: a step from table to table that the search may choose.
#
# Run it with the seconds to spend: python examples/60_own_transform.py 20

import sys

import polars as pl
from sklearn.datasets import load_diabetes
from sklearn.decomposition import PCA
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from headstart import AutoRegressor
from headstart.sdk import Integer, Transform, from_transformer

seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 20
X, y = load_diabetes(return_X_y=True, as_frame=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)

# A transformer of scikit-learn becomes a transform in three lines. Its parameters with
# a range are searched together with the learners' parameters.
components = from_transformer(
    "components",
    lambda n_components: make_pipeline(StandardScaler(), PCA(n_components)),
    space={"n_components": Integer(1, 8)},
    default={"n_components": 3},
)


# A class of your own defines its columns, `fit` and `transform`. It is fitted in each
# fold on the training rows only.
class Distances(Transform):
    name = "distances"

    def columns(self, table, task):
        return [name for name in table.numeric if name in ("bmi", "bp", "s5")]

    def fit(self, task, parameters, rows, validation, resources):
        return {name: rows.X[name].median() for name in rows.X.columns}

    def transform(self, fitted, X, task):
        gaps = [(pl.col(name) - middle).abs() for name, middle in fitted.items()]
        return X.select(
            pl.sum_horizontal(gaps).alias("distance from the middle"),
            pl.max_horizontal(gaps).alias("largest gap"),
        )


model = AutoRegressor(
    time_limit=seconds,
    learners=["ridge", "extra_trees"],
    transforms=[components, Distances()],
    random_state=0,
)
model.fit(X_train, y_train)

print(model.leaderboard().select("rank", "learner", "score", "weight", "origin"))
print("R2 on rows it never saw:", round(model.score(X_test, y_test), 3))
