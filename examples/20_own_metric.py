# A metric of your own, which the search optimises.
#
# Run it with the seconds to spend: python examples/20_own_metric.py 20

import sys

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.metrics import fbeta_score, make_scorer
from sklearn.model_selection import train_test_split

from headstart import AutoClassifier

seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 20
X, y = load_breast_cancer(return_X_y=True, as_frame=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0, stratify=y)


# A metric is a function of the true and the predicted labels; greater is better. Here a
# missed tumour (class 0) costs twenty times as much as a false alarm. The function may
# be defined in a script: the worker processes get a copy.
def saved_money(y_true, y_pred):
    missed = np.sum((y_true == 0) & (y_pred == 1))
    false_alarms = np.sum((y_true == 1) & (y_pred == 0))
    return -(20 * missed + false_alarms) / len(y_true)


model = AutoClassifier(time_limit=seconds, metric=saved_money, random_state=0)
model.fit(X_train, y_train)
print(f"{model.metric_}: {saved_money(y_test, model.predict(X_test)):.4f} on new rows")

# scikit-learn's scorers are accepted, too, also those that need probabilities.
scorer = make_scorer(fbeta_score, beta=2)
model = AutoClassifier(time_limit=seconds, metric=scorer, random_state=0)
model.fit(X_train, y_train)
print(f"{model.metric_}: {fbeta_score(y_test, model.predict(X_test), beta=2):.4f}")

# For an unknown name, the error lists the existing ones.
try:
    AutoClassifier(time_limit=seconds, metric="roc_acu").fit(X_train, y_train)
except ValueError as error:
    print(f"ValueError: {error}")
