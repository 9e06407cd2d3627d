package parquet

import (
	"encoding/binary"
	"fmt"
)

// encoding is how a page's values are written.
type encoding int32

const (
	plain           encoding = 0
	plainDictionary encoding = 2
	runLength       encoding = 3
	bitPacked       encoding = 4
	deltaBinary     encoding = 5
	deltaLength     encoding = 6
	deltaBytes      encoding = 7
	dictionary      encoding = 8
	streamSplit     encoding = 9
)

// hybrid reads the whole numbers of the run-length and bit-packing hybrid:
//
//	a run      varint(count·2), the value in ⌈width/8⌉ bytes
//	packed     varint(groups·2 + 1), groups of 8 values of width bits, low bits first
//
// A run costs nothing to pass, however long it claims to be.
type hybrid struct {
	b      []byte
	width  int
	run    int    // values left of the run
	value  uint32 // of the run
	packed bool
	bit    int // of b, where the next packed value starts
}

func newHybrid(b []byte, width int) (hybrid, error) {
	if width < 0 || width > 32 {
		return hybrid{}, fmt.Errorf("numbers of %d bits; 0 to 32 are possible", width)
	}
	return hybrid{b: b, width: width}, nil
}

func (h *hybrid) next() (uint32, error) {
	if h.run == 0 {
		if err := h.start(); err != nil {
			return 0, err
		}
	}
	h.run--
	if !h.packed {
		return h.value, nil
	}
	v := bitsAt(h.b, h.bit, h.width)
	if h.bit += h.width; h.run == 0 {
		h.b = h.b[(h.bit+7)/8:]
		h.bit = 0
	}
	return uint32(v), nil
}

// skip passes over n values and gives the sum of those of one bit: how many are 1.
func (h *hybrid) skip(n int) (ones int, err error) {
	for n > 0 {
		if h.run == 0 {
			if err := h.start(); err != nil {
				return 0, err
			}
		}
		k := min(n, h.run)
		switch {
		case !h.packed:
			ones += k * int(h.value&1)
			h.run -= k
		case h.width > 1: // nobody asks for their sum
			h.bit += k * h.width
			h.run -= k
		default:
			for range k {
				ones += int(h.b[h.bit/8] >> (h.bit % 8) & 1)
				h.bit++
			}
			h.run -= k
		}
		if n -= k; h.packed && h.run == 0 {
			h.b = h.b[(h.bit+7)/8:]
			h.bit = 0
		}
	}
	return ones, nil
}

// start reads the head of the next run.
func (h *hybrid) start() error {
	n, k := binary.Uvarint(h.b)
	if k <= 0 || n>>1 == 0 {
		return errShort
	}
	h.b = h.b[k:]
	if h.packed = n&1 == 1; h.packed {
		if h.width == 0 {
			h.packed, h.value, h.run = false, 0, int(min(n>>1, 1<<28))*8
			return nil
		}
		// The last group may be cut off after the values that there are.
		most := uint64(len(h.b)) * 8 / uint64(h.width)
		if most == 0 {
			return errShort
		}
		h.run = int(min(min(n>>1, most/8+1)*8, most))
		return nil
	}
	size := (h.width + 7) / 8
	if len(h.b) < size {
		return errShort
	}
	h.value = 0
	for i := range size {
		h.value |= uint32(h.b[i]) << (8 * i)
	}
	h.b = h.b[size:]
	h.run = int(min(n>>1, 1<<31))
	return nil
}

// bitsAt is width bits of b, at most 64, from a bit on, low bits first. They lie
// within b.
func bitsAt(b []byte, bit, width int) uint64 {
	at, shift := bit/8, bit%8
	if at+9 <= len(b) {
		v := binary.LittleEndian.Uint64(b[at:]) >> shift
		if shift > 0 {
			v |= uint64(b[at+8]) << (64 - shift)
		}
		return v & (1<<width - 1)
	}
	v, have := uint64(0), 0
	for i := at; i < len(b) && have < width; i++ {
		part := uint64(b[i]) >> shift
		v |= part << have
		have += 8 - shift
		shift = 0
	}
	return v & (1<<width - 1)
}

// delta reads whole numbers as differences:
//
//	header   varints: block size, miniblocks of a block, count; zigzag: the first
//	block    zigzag: the least difference; a byte for each miniblock: its width;
//	         the miniblocks: differences less the least, packed
//
// Source: the Parquet specification, Encodings.md, as for all of this file.
type delta struct {
	b      []byte
	mini   int // values of a miniblock
	minis  int // of a block
	count  int // values left
	value  int64
	first  bool
	least  int64
	widths []byte // of the block's miniblocks, those that are left
	left   int    // values left of the miniblock
	bit    int
}

func newDelta(b []byte, most int) (delta, error) {
	var d delta
	block, k := binary.Uvarint(b)
	if k <= 0 {
		return d, errShort
	}
	b = b[k:]
	minis, k := binary.Uvarint(b)
	if k <= 0 {
		return d, errShort
	}
	b = b[k:]
	count, k := binary.Uvarint(b)
	if k <= 0 {
		return d, errShort
	}
	b = b[k:]
	first, k := binary.Varint(b)
	if k <= 0 {
		return d, errShort
	}
	if block == 0 || block > 1<<20 || minis == 0 || minis > block || block%minis != 0 || block/minis%8 != 0 || count > uint64(most) {
		return d, fmt.Errorf("blocks of %d in %d parts for %d numbers", block, minis, count)
	}
	return delta{b: b[k:], mini: int(block / minis), minis: int(minis), count: int(count), value: first, first: true}, nil
}

func (d *delta) next() (int64, error) {
	if d.count == 0 {
		return 0, errShort
	}
	d.count--
	if d.first {
		d.first = false
		return d.value, nil
	}
	if d.left == 0 {
		if err := d.start(); err != nil {
			return 0, err
		}
	}
	d.left--
	width := int(d.widths[0])
	d.value += d.least + int64(bitsAt(d.b, d.bit, width)) // wraps around, as it is meant to
	d.bit += width
	if d.left == 0 {
		d.end()
	}
	return d.value, nil
}

// start goes to the next miniblock.
func (d *delta) start() error {
	if len(d.widths) == 0 {
		least, k := binary.Varint(d.b)
		if k <= 0 || len(d.b)-k < d.minis {
			return errShort
		}
		d.least = least
		d.widths, d.b = d.b[k:k+d.minis], d.b[k+d.minis:]
	}
	// Writers may leave out the end of the last miniblock.
	width := int(d.widths[0])
	if width > 64 || (min(d.mini, d.count+1)*width+7)/8 > len(d.b) {
		return errShort
	}
	d.left, d.bit = d.mini, 0
	return nil
}

// end leaves the miniblock.
func (d *delta) end() {
	d.b = d.b[min(len(d.b), d.mini*int(d.widths[0])/8):]
	d.widths = d.widths[1:]
	d.left, d.bit = 0, 0
}

// rest is what follows the numbers; they are read to the end for it.
func (d delta) rest() ([]byte, error) {
	for d.count > 0 {
		if _, err := d.next(); err != nil {
			return nil, err
		}
	}
	if d.left > 0 {
		d.end()
	}
	return d.b, nil
}
