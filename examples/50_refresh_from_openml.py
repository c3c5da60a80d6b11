# A knowledge base from OpenML, from nothing to a fit that starts from it.
#
# Here a server in this process plays OpenML, over tables that scikit-learn packages, so
# that the script needs no network. With the real one, leave out `server`. The same from
# the shell:
#
#     python -m tests.openml_server                       # prints its URL
#     headstart meta refresh --server URL --suite 99 --limit 2 --evaluate
#
# Run it with the seconds to fit: python examples/50_refresh_from_openml.py 20

import sys
import tempfile
from pathlib import Path

# The server lies beside the tests of the project, not in the package.
sys.path.insert(0, str(Path(__file__).parents[1]))

import os

from sklearn.datasets import load_wine

from tests.openml_server import OpenMLServer

seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 20
folder = tempfile.TemporaryDirectory()
# Your own base: a file here; by default one in the platform's folder for data.
os.environ["HEADSTART_META_DB"] = str(Path(folder.name) / "own.db")

from headstart import AutoClassifier
from headstart.meta.evaluate import EvaluationLimits, table_evaluator
from headstart.meta.openml import RefreshOptions, plan_refresh, refresh
from headstart.meta.shipped import open_own

server = OpenMLServer().start()
options = RefreshOptions(
    server=server.url,
    suite="OpenML-CC18",
    limit=2,
    calls_per_second=0,  # it is our own server; the default is 2 a second
    staging=Path(folder.name) / "staging",
    evaluation="4 configurations",
)

# What it would do, without fetching data.
plan = plan_refresh(options)
print(f"{plan.suite_name}: {len(plan.tasks)} tasks, {plan.n_calls} calls")

# Fetch descriptions, qualities and tables, evaluate four configurations of our own on
# each, and land all of it in one transaction.
limits = EvaluationLimits(n_rows=150, n_folds=2, seconds=3)
with open_own(os.environ["HEADSTART_META_DB"]) as base:
    report = refresh(base, options, table_evaluator(4, limits))
    for dataset in base.datasets():
        print(f"  {dataset.source} {dataset.name}: {dataset.n_rows} rows")
print(f"{report.n_new} new records in {report.n_calls} calls")
server.close()

# The next fit asks the base first, and says who spoke for what.
X, y = load_wine(return_X_y=True, as_frame=True)
model = AutoClassifier(time_limit=seconds, random_state=0).fit(X, y)
print(model.precedents().head(5))
folder.cleanup()
