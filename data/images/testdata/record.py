"""Records the images of this folder and recorded.json, what they are and become.

The values are those of Pillow 13.0.0, an independent implementation; BILINEAR
(where a side grows) is its straight line between middles. A mean by area is
computed here with fractions, since Pillow's BOX takes whole pixels. JPEG colours
are not subsampled: libjpeg smooths those that are and Go repeats them.

    pip install pillow==13.0.0 && python3 record.py
"""

import json
from fractions import Fraction
from math import floor

from PIL import Image


def rgb(w, h):
    m = Image.new("RGB", (w, h))
    m.putdata([((x * 37 + y * 11) % 256, (x * y * 5 + 20) % 256, (255 - x * 9 - y * 13) % 256) for y in range(h) for x in range(w)])
    return m


def smooth(w, h):
    m = Image.new("RGB", (w, h))
    m.putdata([(x * 200 // w, y * 200 // h + 30, 120 + (x + y) * 60 // (w + h)) for y in range(h) for x in range(w)])
    return m


def mean_by_area(m, size):
    (w, h), px = size, m.load()
    sx, sy = Fraction(m.width, w), Fraction(m.height, h)
    share = lambda i, s, j: max(Fraction(0), min((i + 1) * s, Fraction(j + 1)) - max(i * s, Fraction(j))) / s
    out = Image.new("RGB", size)
    for y in range(h):
        for x in range(w):
            pixel = [Fraction(0)] * 3
            for j in range(m.height):
                for i in range(m.width):
                    k = share(x, sx, i) * share(y, sy, j)
                    if k:
                        pixel = [p + k * v for p, v in zip(pixel, px[i, j])]
            out.putpixel((x, y), tuple(floor(p + Fraction(1, 2)) for p in pixel))
    return out


def flat(m):
    return list(m.tobytes())


recorded = {}


def note(name, m, file=None):
    recorded[name] = {"file": file or name, "width": m.width, "height": m.height, "pixels": flat(m)}


m = rgb(13, 9)
m.save("rgb.png")
note("rgb.png", m)
note("rgb.png grey", m.convert("L"), "rgb.png")
note("rgb.png smaller", mean_by_area(m, (5, 4)), "rgb.png")
note("rgb.png larger", m.resize((20, 31), Image.BILINEAR), "rgb.png")
note("rgb.png narrower", mean_by_area(m, (4, 9)), "rgb.png")

p = m.quantize(16)
p.save("palette.png")
note("palette.png", p.convert("RGB"))

a = m.convert("RGBA")
a.putalpha(Image.frombytes("L", a.size, bytes((i * 29) % 256 for i in range(13 * 9))))
a.save("alpha.png")
note("alpha.png", Image.alpha_composite(Image.new("RGBA", a.size, "white"), a).convert("RGB"))

g = m.convert("L")
g.save("grey.png")
note("grey.png", g)
note("grey.png colour", g.convert("RGB"), "grey.png")

j = smooth(33, 21)
for name, options in {"colour.jpg": {"quality": 95, "subsampling": 0}, "progressive.jpg": {"quality": 90, "progressive": True, "subsampling": 0}}.items():
    j.save(name, **options)
    note(name, Image.open(name).convert("RGB"))

json.dump(recorded, open("recorded.json", "w"))
