"""What `make demo` runs: 30 seconds of headstart on a real table, beside a baseline.

The table is scikit-learn's "digits": 1,797 handwritten digits as 8x8 grey values, to
be told apart. A quarter of the rows is held out and seen by nobody before the end.
"""

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import accuracy_score, log_loss
from sklearn.model_selection import train_test_split

import headstart
from headstart.display import log_lines, progress_listener

SECONDS = float(sys.argv[1]) if len(sys.argv) > 1 else 30.0


def main() -> None:
    X, y = load_digits(return_X_y=True, as_frame=True)
    X_train, X_test, y_train, y_test = train_test_split(
        X, y, test_size=0.25, stratify=y, random_state=0
    )
    print(f"digits: {len(X_train):,} rows to learn from, {len(X_test):,} held out")

    print(f"\nheadstart, {SECONDS:g} s:", flush=True)
    display = progress_listener(sys.stdout) or log_lines(sys.stdout)
    start = time.perf_counter()
    table = X_train.assign(digit=y_train)
    model = headstart.train(
        table,
        target="digit",
        time_limit=SECONDS,
        random_state=0,
        listeners=[display],
    )
    seconds = time.perf_counter() - start
    print(f"fit took {seconds:.1f} s of {SECONDS:g} s")

    print("\nleaderboard, the ten best trials:")
    columns = ("rank", "learner", "score", "folds", "fit_seconds", "weight", "status")
    print(
        "".join(
            f"{name:>22}" if name == "learner" else f"{name:>13}" for name in columns
        )
    )
    for row in model.leaderboard().head(10).iter_rows(named=True):
        print("".join(cell(name, row[name]) for name in columns))

    forest = RandomForestClassifier(random_state=0).fit(X_train, y_train)
    print("\nheld-out rows:           log loss   accuracy")
    for name, estimator in (("headstart", model), ("random forest", forest)):
        loss = log_loss(y_test, estimator.predict_proba(X_test), labels=forest.classes_)
        accuracy = accuracy_score(y_test, estimator.predict(X_test))
        print(f"  {name:<20} {loss:10.4f} {accuracy:10.4f}")

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "digits.headstart"
        model.save(path)
        again = headstart.load(path)
        size = path.stat().st_size / 1e6
    same = np.array_equal(again.predict_proba(X_test), model.predict_proba(X_test))
    print(f"\nsaved ({size:.1f} MB), loaded: the same predictions: {same}")
    print(f"the first test rows: predicted {again.predict(X_test[:8]).tolist()}")
    print(f"                     are       {y_test[:8].tolist()}")
    if not same:
        sys.exit("The loaded model predicts otherwise than the one that was saved.")


def cell(name: str, value: object) -> str:
    width = 22 if name == "learner" else 13
    if value is None:
        return f"{'-':>{width}}"
    return f"{value:>{width}.4f}" if isinstance(value, float) else f"{value:>{width}}"


if __name__ == "__main__":
    main()
