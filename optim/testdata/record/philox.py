"""Random numbers as the repository draws them: a function of (seed, stream, step, index).

Philox4x32-10 (Salmon, Moraes, Dror and Shaw 2011), the key from the stream's name by
FNV-1a and SplitMix64's finaliser, uniform numbers of 53 bits, normal ones by Box and
Muller, signs of one bit. Written from those papers and package kernel's description.
"""

import math

M32, M64 = (1 << 32) - 1, (1 << 64) - 1
SEED = 7  # optimtest.Seed


def _mix(z):
    z = ((z ^ z >> 30) * 0xBF58476D1CE4E5B9) & M64
    z = ((z ^ z >> 27) * 0x94D049BB133111EB) & M64
    return z ^ z >> 31


def _key(stream, seed):
    h = 0xCBF29CE484222325
    for c in stream.encode():
        h = ((h ^ c) * 0x100000001B3) & M64
    return _mix(_mix((seed + 0x9E3779B97F4A7C15) & M64) ^ h)


def _block(counter, k0, k1):
    c0, c1, c2, c3 = counter
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c0, 0xCD9E8D57 * c2
        c0, c1, c2, c3 = p1 >> 32 ^ c1 ^ k0, p1 & M32, p0 >> 32 ^ c3 ^ k1, p0 & M32
        k0, k1 = (k0 + 0x9E3779B9) & M32, (k1 + 0xBB67AE85) & M32
    return c0, c1, c2, c3


def _words64(stream, step, n, seed):
    """n numbers of 64 bits, of which the 53 high ones are kept."""
    key, out = _key(stream, seed), []
    for b in range((2 * n + 3) // 4):
        w = _block((b & M32, b >> 32, step & M32, step >> 32), key & M32, key >> 32)
        out += [(w[1] << 32 | w[0]) >> 11, (w[3] << 32 | w[2]) >> 11]
    return out[:n]


def uniform(stream, step, n, seed=SEED):
    return [w * 2.0**-53 for w in _words64(stream, step, n, seed)]


def normal(stream, step, n, seed=SEED):
    words, out = _words64(stream, step, n + n % 2, seed), []
    for a, b in zip(words[::2], words[1::2]):
        radius, angle = math.sqrt(-2 * math.log((a + 0.5) * 2.0**-53)), 2 * math.pi * (b * 2.0**-53)
        out += [radius * math.cos(angle), radius * math.sin(angle)]
    return out[:n]


def signs(stream, step, n, seed=SEED):
    key, out = _key(stream, seed), []
    for b in range((n + 127) // 128):
        for w in _block((b & M32, b >> 32, step & M32, step >> 32), key & M32, key >> 32):
            out += [-1.0 if w >> i & 1 else 1.0 for i in range(32)]
    return out[:n]
