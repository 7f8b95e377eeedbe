"""Times NumPy: reads `task rows cols` lines, runs the task once on the matrix file given, prints seconds and a check."""

import sys
import time

import numpy as np

data = np.fromfile(sys.argv[1], dtype=np.float32)
generator = np.random.default_rng(0)


def randomized(a, rank=64, oversample=10, iterations=2):
    """Halko, Martinsson and Tropp, algorithms 4.4 and 5.1: what the other side computes."""
    y = a @ generator.standard_normal((a.shape[1], rank + oversample), dtype=np.float32)
    for _ in range(iterations):
        z = a.T @ np.linalg.qr(y)[0]
        y = a @ np.linalg.qr(z)[0]
    q = np.linalg.qr(y)[0]
    u, s, vt = np.linalg.svd(q.T @ a, full_matrices=False)
    return (q @ u)[:, :rank], s[:rank], vt[:rank]


tasks = {
    "matmul": lambda a: (a @ a)[0],
    "svd": lambda a: np.linalg.svd(a, full_matrices=False)[1],
    "svd64": lambda a: np.linalg.svd(a, full_matrices=False)[1],
    "randomized": lambda a: randomized(a)[1],
    "eigh": lambda a: np.linalg.eigh(a)[0],
    "qr": lambda a: np.linalg.qr(a)[1][0],
    "solve": lambda a: np.linalg.solve(a, a[:, :16])[0],
}

print(np.__version__, flush=True)
for line in sys.stdin:
    task, rows, cols = line.split()
    a = data[: int(rows) * int(cols)].reshape(int(rows), int(cols))
    if task == "svd64":
        a = a.astype(np.float64)
    started = time.perf_counter()
    result = tasks[task](a)
    print(time.perf_counter() - started, float(np.abs(result).sum()), flush=True)
