# A learner of your own, searched together with the others.
#
# Run it with the seconds to spend: python examples/30_own_learner.py 20

import sys

from sklearn.datasets import load_diabetes
from sklearn.kernel_ridge import KernelRidge
from sklearn.model_selection import train_test_split

from headstart import AutoRegressor
from headstart.sdk import Choice, Float, Learner, SearchSpace, TaskKind, View

seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 20
X, y = load_diabetes(return_X_y=True, as_frame=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)


# A learner makes an estimator for a point of its search space. It declares its task
# kinds and its view of tables: scaled numbers, one-hot levels, imputed missing values.
# It may be defined in a script; a plugin would be a package.
class KernelRidgeLearner(Learner):
    name = "kernel_ridge"
    tasks = frozenset({TaskKind.REGRESSION})
    view = View(numeric="scaled", categorical="one_hot", missing="imputed")
    max_rows = 5_000  # it keeps a matrix of rows by rows

    def search_space(self, task):
        return SearchSpace(
            {
                "alpha": Float(1e-4, 1e2, log=True),
                "gamma": Float(1e-4, 1e0, log=True),
                "kernel": Choice("rbf", "laplacian"),
            },
            default={"alpha": 0.1, "gamma": 0.01, "kernel": "rbf"},
        )

    def build(self, task, parameters, resources):
        return KernelRidge(**parameters)


# The list may have names and learners; only these are searched.
model = AutoRegressor(
    time_limit=seconds,
    learners=["ridge", "random_forest", KernelRidgeLearner()],
    random_state=0,
)
model.fit(X_train, y_train)

print(model.leaderboard().select("rank", "learner", "score", "weight", "configuration"))
print("R2 on rows it never saw:", round(model.score(X_test, y_test), 3))
