"""Records the archives of this folder, with NumPy 2.4.6:  python3 record.py"""

import numpy as np

x = (np.arange(2 * 3 * 4) * 7 % 251).astype(np.uint8).reshape(2, 3, 4)
y = np.array([1, 0], np.int64)
w = np.arange(6, dtype=np.float32).reshape(2, 3) / 4
np.savez("stored.npz", x=x, y=y, w=w)
np.savez_compressed("deflated.npz", x=x, y=y, w=w)
np.savez_compressed("zeros.npz", x=np.zeros((300, 1000), np.float32))
np.save("rows.npy", np.arange(7 * 3, dtype=">f4").reshape(7, 3))
np.save("fortran.npy", np.asfortranarray(np.arange(6, dtype=np.float32).reshape(2, 3)))
np.save("labels.npy", np.arange(7) % 3)
