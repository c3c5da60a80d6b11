# A first fit: a table, the column to predict, a time limit.
#
# Run it with the seconds to spend: python examples/10_first_fit.py 20

import sys
import tempfile
from pathlib import Path

from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split

from headstart import AutoClassifier, load

seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 20

# The table may be one of pandas, polars, pyarrow or NumPy, or the path of a CSV or
# Parquet file. Labels may be strings, numbers or booleans; here they are strings.
bunch = load_breast_cancer(as_frame=True)
X = bunch.data
y = bunch.target.map({0: "malignant", 1: "benign"})
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0, stratify=y)

# The time limit is for the whole of fit, which searches the installed learners, their
# parameters and their weights. The default metric for two classes is the area under the
# ROC curve.
model = AutoClassifier(time_limit=seconds, random_state=0).fit(X_train, y_train)

# All trials, best first, as a polars table.
print(model.leaderboard().select("rank", "learner", "score", "weight", "status"))

# A fitted model predicts labels, and probabilities in the order of its `classes_`.
print("score on rows it never saw:", round(model.score(X_test, y_test), 4))
print(model.predict(X_test.head(3)))
print(model.classes_, model.predict_proba(X_test.head(3)).round(3))

# A model file has no code: loading one runs nothing.
with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "cancer.headstart"
    model.save(path)
    again = load(path)
    assert (again.predict(X_test) == model.predict(X_test)).all()
    print(f"{path.name}: {path.stat().st_size / 1e6:.1f} MB, loads to the same model")
