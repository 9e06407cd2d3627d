"""Adds to diabetes.json the R² of scikit-learn's linear regression on its test rows.

The file holds, for each seed, the rows that descent's split of 442 holds back. Run as
python record.py in this folder; recorded with scikit-learn 1.9.1.
"""
import json

import numpy as np
import sklearn
from sklearn.datasets import load_diabetes
from sklearn.linear_model import LinearRegression

x, y = load_diabetes(return_X_y=True, scaled=False)
with open("diabetes.json") as f:
    record = json.load(f)
record["scikit-learn"] = sklearn.__version__
for run in record["runs"]:
    held = np.isin(np.arange(len(y)), run["test"])
    run["r2"] = LinearRegression().fit(x[~held], y[~held]).score(x[held], y[held])
with open("diabetes.json", "w") as f:
    json.dump(record, f)
    f.write("\n")
