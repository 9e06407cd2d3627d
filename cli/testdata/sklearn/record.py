"""Adds to diabetes.json what scikit-learn's linear models reach on its test rows.

The file holds, for each seed, the rows that descent's split of 442 holds back. r2 is the R² of
least squares, d2 the D² of a Poisson regression without penalty, which takes the targets, whole
numbers from 25 to 346, for counts. Run as python record.py in this folder; recorded with
scikit-learn 1.9.1.
"""
import json

import numpy as np
import sklearn
from sklearn.datasets import load_diabetes
from sklearn.linear_model import LinearRegression, PoissonRegressor
from sklearn.preprocessing import StandardScaler

x, y = load_diabetes(return_X_y=True, scaled=False)
with open("diabetes.json") as f:
    record = json.load(f)
record["scikit-learn"] = sklearn.__version__
for run in record["runs"]:
    held = np.isin(np.arange(len(y)), run["test"])
    run["r2"] = LinearRegression().fit(x[~held], y[~held]).score(x[held], y[held])
    scale = StandardScaler().fit(x[~held])
    counts = PoissonRegressor(alpha=0, solver="newton-cholesky", tol=1e-12, max_iter=1000)
    counts.fit(scale.transform(x[~held]), y[~held])
    run["d2"] = counts.score(scale.transform(x[held]), y[held])
with open("diabetes.json", "w") as f:
    json.dump(record, f)
    f.write("\n")
