# The report of a fit, as a page for people and as JSON for programs.
#
# Run it with the seconds to spend: python examples/70_report.py 20

import sys
import tempfile
from pathlib import Path

from sklearn.datasets import load_diabetes

import headstart

seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 20
table = load_diabetes(as_frame=True).frame
model = headstart.train(table, target="target", time_limit=seconds, random_state=0)

# The facts of the fit are objects, from which the page, the card and the JSON are made.
facts = model.analysis()
for metric in facts.metrics:
    print(f"{metric.name}: {metric.value:.4g} (a constant gets {metric.baseline:.4g})")

with tempfile.TemporaryDirectory() as folder:
    page = model.report(Path(folder) / "report.html")
    print(f"{page.name}: {page.stat().st_size / 1000:,.0f} kB, needs no network")
    card = model.report(Path(folder) / "card.md")
    print(card.read_text(encoding="utf-8").split("\n\n")[1])
