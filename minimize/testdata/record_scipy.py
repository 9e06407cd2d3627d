#!/usr/bin/env python3
"""Records scipy.json: where SciPy's methods end on the analytic functions, and how many values and gradients they took.

    python3 record_scipy.py     needs SciPy (written with 1.17.1); the functions and gradients are those of ../../optim/testdata/record
"""

import json
import os
import sys

import numpy as np
import scipy
from scipy.optimize import minimize

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "optim", "testdata", "record"))
from functions import FUNCTIONS  # noqa: E402
from reals import Float  # noqa: E402

METHODS = {"lbfgs": "L-BFGS-B", "cg": "CG", "newton_cg": "Newton-CG", "newton": "trust-exact"}


def main():
    rows = []
    for f in FUNCTIONS:
        if f.name not in ("rosenbrock", "beale", "himmelblau", "booth", "ravine"):
            continue
        e = lambda w: f.value(w[0], w[1], Float)  # noqa: E731
        g = lambda w: np.array(f.gradient(w[0], w[1], Float))  # noqa: E731
        # The Hessian by central differences of the gradient: it steers the search and does not move the minimum.
        h = lambda w: np.array([(g(w + d) - g(w - d)) / 2e-6 for d in np.eye(2) * 1e-6])  # noqa: E731
        for ours, theirs in METHODS.items():
            for start in f.starts[:2]:
                kw = {"hess": h} if theirs in ("Newton-CG", "trust-exact") else {}
                if theirs == "L-BFGS-B":
                    kw["options"] = {"ftol": 0, "gtol": 1e-9}
                r = minimize(e, np.array(start), jac=g, method=theirs, tol=None if "options" in kw else 1e-9, **kw)
                rows.append({
                    "function": f.name, "method": ours, "scipy": theirs, "start": list(start), "end": r.x.tolist(),
                    "e": float(r.fun), "gradient": float(np.linalg.norm(g(r.x))), "steps": int(r.nit), "evaluations": int(r.nfev + r.njev),
                })
    with open(os.path.join(HERE, "scipy.json"), "w") as out:
        out.write("[\n" + ",\n".join(json.dumps(r) for r in rows) + "\n]\n")
    print(f"{len(rows)} runs of SciPy {scipy.__version__}")


if __name__ == "__main__":
    main()
