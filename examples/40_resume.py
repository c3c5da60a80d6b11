# A run that is kept in a folder: it can be stopped or killed, and resumed later.
#
# Run it with the seconds to spend: python examples/40_resume.py 20

import sys
import tempfile
from pathlib import Path

from sklearn.datasets import load_wine

from headstart import AutoClassifier, Validation

seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 20
X, y = load_wine(return_X_y=True, as_frame=True)

# The default number of folds depends on the time limit, and a run can only be resumed
# with the same folds. Set their number for a run that may be resumed with a longer
# limit.
options = {"validation": Validation(folds=5, repeats=1), "random_state": 0}

with tempfile.TemporaryDirectory() as folder:
    run = Path(folder) / "wine-run"

    # With run_dir the journal, predictions and fold models of the run stay in a folder
    # of yours. max_trials bounds the work, here to show a run that ends early.
    first = AutoClassifier(time_limit=seconds, max_trials=3, run_dir=run, **options)
    first.fit(X, y)
    print("first part:", len(first.leaderboard()), "trials")

    # The same data and settings, and resume=True: finished fold fits are not repeated.
    # The remaining time is the limit less the time already used, so the limit is
    # longer.
    second = AutoClassifier(
        time_limit=2 * seconds, max_trials=6, run_dir=run, resume=True, **options
    )
    second.fit(X, y)
    print("after resuming:", len(second.leaderboard()), "trials")
    before = set(first.leaderboard()["configuration"])
    assert before <= set(second.leaderboard()["configuration"])

    # A run belongs to its data: another table is refused, with the reason.
    try:
        AutoClassifier(time_limit=seconds, run_dir=run, resume=True).fit(
            X[:100], y[:100]
        )
    except RuntimeError as error:
        print(f"{type(error).__name__}: {error}")
    else:
        sys.exit("A run was resumed with other data.")
