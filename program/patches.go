package program

import (
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/internal/kernel"
	"github.com/godescent/descent/tensor"
)

// patches lays out the positions of x that a block of a convolution's lines
// reads, so that the products over its taps are matrix products. A line is one
// (b, p) of y [B, Ho, Wo, Out]; a block is lines that follow each other.
//
// Deep patches serve kernels of many channels: for each line of x̂ that the
// block needs, and each place q, the KW·Cg numbers that one row of taps reads. Tap
// rows i are then products of K = KW·Cg, which continue one another in C. With a
// stride of 1 along H the rows of neighbouring lines are the same, and are laid
// out once.
//
// Flat patches serve few channels: a row of the block's positions for each (i, j, c).
type patches[T kernel.Float] struct {
	graph.Conv
	x            []T
	h, w, c, cg  int
	kh, kw       int
	ho, wo       int
	lines        int // B·Ho
	width        int // KW·Cg
	flat         bool
	block        int // most lines of a block
	whole        int // lines that a block must not cross a multiple of; 0 if there are none
	shared       bool
	contiguousKW bool // taps of a row read neighbours
}

// patchElems is how many numbers a block should have: with what the product adds
// to them they stay in a second level cache.
const patchElems = 40 << 10

// deepWidth is the width from which deep patches pay, and fewPlaces the number
// of places of an image from which it is worth a product of its own.
const (
	deepWidth = 16
	fewPlaces = 128
)

func newPatches[T kernel.Float](p graph.Conv, x []T, xs, ks, ys tensor.Shape) patches[T] {
	t := patches[T]{Conv: p, x: x, h: xs[1], w: xs[2], c: xs[3], cg: xs[3] / p.Groups, kh: ks[0], kw: ks[1], ho: ys[1], wo: ys[2], lines: ys[0] * ys[1]}
	t.width = t.kw * t.cg
	t.flat = t.width < deepWidth
	t.contiguousKW = p.Groups == 1 && p.Spread[1] == 1 && (p.Dilation[1] == 1 || t.kw == 1)
	line, image := t.wo*t.width, t.ho*t.wo // one tap row of a line; positions of an image
	t.shared = !t.flat && p.Stride[0] == 1 && image >= fewPlaces
	if t.shared {
		t.block = max(1, patchElems/max(1, line)-t.reach())
	} else {
		t.block = max(1, patchElems/max(1, line*t.kh))
	}
	switch {
	case t.shared || t.block < t.ho || image >= fewPlaces:
		t.whole = max(1, t.ho)
		t.block = evenly(t.ho, min(t.block, t.ho))
	default: // several small images at once
		t.block = t.ho * min(t.block/t.ho, ceil(2*fewPlaces, image))
	}
	return t
}

// evenly is the size of the parts when n is cut into as few nearly equal ones of at most most as possible.
func evenly(n, most int) int { return max(1, ceil(n, max(1, ceil(n, most)))) }

func ceil(n, d int) int { return (n + d - 1) / d }

// reach is the lines of x̂ that a tap column spans beyond its first.
func (t *patches[T]) reach() int { return (t.kh - 1) * t.Dilation[0] }

// end is where the block that begins at line lo ends, if it must end by hi.
func (t *patches[T]) end(lo, hi int) int {
	if t.whole > 0 {
		hi = min(hi, (lo/t.whole+1)*t.whole)
	}
	return min(hi, lo+t.block)
}

// elems is the size of a block of n lines.
func (t *patches[T]) elems(n int) int {
	if t.shared {
		return (n + t.reach()) * t.wo * t.width
	}
	return n * t.kh * t.wo * t.width
}

// slab is the offset in deep patches of n lines of what tap row i reads.
func (t *patches[T]) slab(i, n int) int {
	if t.shared {
		return i * t.Dilation[0] * t.wo * t.width
	}
	return i * n * t.wo * t.width
}

// fill lays out lines lo to hi−1 for channel group g.
func (t *patches[T]) fill(dst []T, lo, hi, g int) {
	switch {
	case t.flat:
		t.fillFlat(dst, lo, hi, g)
	case t.shared:
		b, p := lo/t.ho, lo%t.ho
		for r := range hi - lo + t.reach() {
			t.row(dst[r*t.wo*t.width:][:t.wo*t.width], b, t.source(p+r), g)
		}
	default:
		for i := range t.kh {
			for l := lo; l < hi; l++ {
				at := (i*(hi-lo) + l - lo) * t.wo * t.width
				t.row(dst[at:][:t.wo*t.width], l/t.ho, t.Source(0, l%t.ho, i, t.h), g)
			}
		}
	}
}

// source is the line of x at line r of x̂, or −1.
func (t *patches[T]) source(r int) int {
	one := t.Conv
	one.Stride[0] = 1
	return one.Source(0, r, 0, t.h)
}

// row lays out what one row of taps reads of line h of image b, for every place.
func (t *patches[T]) row(dst []T, b, h, g int) {
	if h < 0 {
		clear(dst)
		return
	}
	src := t.x[(b*t.h+h)*t.w*t.c:][:t.w*t.c]
	if !t.contiguousKW {
		for q := range t.wo {
			for j := range t.kw {
				d := dst[(q*t.kw+j)*t.cg:][:t.cg]
				if w := t.Source(1, q, j, t.w); w >= 0 {
					copy(d, src[w*t.c+g*t.cg:])
				} else {
					clear(d)
				}
			}
		}
		return
	}
	at := -t.Lo[1] * t.c // of the first tap
	step := t.Stride[1] * t.c
	for len(dst) > 0 {
		d := dst[:t.width]
		if at >= 0 && at+t.width <= len(src) {
			copy(d, src[at:])
		} else {
			clear(d)
			if lo, hi := max(at, 0), min(at+t.width, len(src)); lo < hi {
				copy(d[lo-at:], src[lo:hi])
			}
		}
		dst = dst[t.width:]
		at += step
	}
}

// fillFlat lays out a row of positions for each tap and channel.
func (t *patches[T]) fillFlat(dst []T, lo, hi, g int) {
	for i := range t.kh {
		for j := range t.kw {
			for c := range t.cg {
				for l := lo; l < hi; l++ {
					t.across(dst[:t.wo], l/t.ho, t.Source(0, l%t.ho, i, t.h), j, g*t.cg+c)
					dst = dst[t.wo:]
				}
			}
		}
	}
}

// across lays out what tap j of channel c reads of line h of image b, for every place.
func (t *patches[T]) across(dst []T, b, h, j, c int) {
	if h < 0 {
		clear(dst)
		return
	}
	src := t.x[(b*t.h+h)*t.w*t.c:][:t.w*t.c]
	if t.Spread[1] > 1 {
		for q := range dst {
			dst[q] = 0
			if w := t.Source(1, q, j, t.w); w >= 0 {
				dst[q] = src[w*t.c+c]
			}
		}
		return
	}
	// Places first to last−1 read x, at q·stride + offset.
	offset, stride := j*t.Dilation[1]-t.Lo[1], t.Stride[1]
	first := min(len(dst), max(0, ceil(-offset, stride)))
	last := max(first, min(len(dst), ceil(t.w-offset, stride)))
	clear(dst[:first])
	clear(dst[last:])
	if first == last {
		return
	}
	from, step := (first*stride+offset)*t.c+c, stride*t.c
	if step == 1 {
		copy(dst[first:last], src[from:])
		return
	}
	for q := first; q < last; q++ {
		dst[q] = src[from]
		from += step
	}
}
