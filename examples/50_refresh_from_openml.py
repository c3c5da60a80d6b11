# A new knowledge base from OpenML, and a fit that uses it.
#
# Here a server in this process stands in for OpenML, with tables of scikit-learn, so
# that the script needs no network. For the real server, leave out `server`. The same
# from the shell:
#
#     python -m tests.openml_server                       # prints its URL
#     headstart meta refresh --server URL --suite 99 --limit 2 --evaluate
#
# Run it with the seconds to fit: python examples/50_refresh_from_openml.py 20

import sys
import tempfile
from pathlib import Path

# The server is part of the project's tests, not of the package.
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

# The plan, without fetching data.
plan = plan_refresh(options)
print(f"{plan.suite_name}: {len(plan.tasks)} tasks, {plan.n_calls} calls")

# Fetch descriptions, qualities and tables, evaluate four of headstart's configurations
# on each table, and add all records in one transaction.
limits = EvaluationLimits(n_rows=150, n_folds=2, seconds=3)
with open_own(os.environ["HEADSTART_META_DB"]) as base:
    report = refresh(base, options, table_evaluator(4, limits))
    for dataset in base.datasets():
        print(f"  {dataset.source} {dataset.name}: {dataset.n_rows} rows")
print(f"{report.n_new} new records in {report.n_calls} calls")
server.close()

# The next fit starts from the base, and lists the datasets behind its proposals.
X, y = load_wine(return_X_y=True, as_frame=True)
model = AutoClassifier(time_limit=seconds, random_state=0).fit(X, y)
print(model.precedents().head(5))
folder.cleanup()
