package idx

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
)

// inflater unpacks a gzip file that is in memory, as an io.Reader that fills
// what it is given. It accepts what compress/gzip accepts and is about
// twice as fast, because the whole input can be looked ahead and long reads are
// unpacked in place: a program that ships its data unpacks it at every start.
//
// The format is RFC 1951 (deflate) in RFC 1952 (gzip). Codes are looked up by
// their next bits, longer ones by a second table.
type inflater struct {
	in    []byte
	at    int    // the next byte of in
	bits  uint64 // bits taken from in, the next one lowest; above count they may already hold what follows
	count uint

	window []byte // the last output of the member before this Read, up to 32 KiB
	sum    uint32 // CRC-32 of the member's output
	size   uint32 // its length, mod 2³²

	state  state
	final  bool // this block is the member's last
	length int  // what is left of a match or of a stored block
	dist   int
	err    error

	literals  [1<<literalBits + maxLiterals<<(maxCode-literalBits)]uint32
	distances [1<<distanceBits + maxDistances<<(maxCode-distanceBits)]uint32
}

type state uint8

const (
	inHeader  state = iota // before a member
	inBlock                // before a block's header
	inStored               // in a block of plain bytes
	inCodes                // in a block of codes
	inTrailer              // after a member's last block
)

const (
	maxLiterals  = 288
	maxDistances = 32
	maxWindow    = 1 << 15
	maxCode      = 15 // bits
	maxMatch     = 258
)

var errCorrupt = errors.New("the deflate stream is corrupt")

// newInflater unpacks the gzip file in.
func newInflater(in []byte) *inflater { return &inflater{in: in} }

// Read fills p unless the data ends, a member ends or the data is damaged.
func (f *inflater) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) && f.err == nil {
		switch f.state {
		case inHeader:
			f.err = f.header()
		case inBlock:
			f.err = f.block()
		case inStored:
			n = f.stored(p, n)
		case inCodes:
			n = f.codes(p, n)
		case inTrailer:
			f.remember(p[:n])
			if f.err = f.trailer(); n > 0 {
				return n, nil // so that p holds one member's data
			}
		}
	}
	f.remember(p[:n])
	if n > 0 {
		return n, nil
	}
	return 0, f.err
}

// remember takes in what a Read of this member put out.
func (f *inflater) remember(out []byte) {
	f.sum = crc32.Update(f.sum, crc32.IEEETable, out)
	f.size += uint32(len(out))
	if len(out) >= maxWindow {
		f.window = append(f.window[:0], out[len(out)-maxWindow:]...)
		return
	}
	if over := len(f.window) + len(out) - maxWindow; over > 0 {
		f.window = f.window[:copy(f.window, f.window[over:])]
	}
	f.window = append(f.window, out...)
}

// header reads a member's header (RFC 1952, 2.3), or finds that none follows.
func (f *inflater) header() error {
	start := f.at
	b := f.in[start:]
	if len(b) == 0 {
		if start > 0 {
			return io.EOF
		}
		return io.ErrUnexpectedEOF
	}
	if len(b) < 10 {
		return io.ErrUnexpectedEOF
	}
	const hcrc, extra, name, comment = 2, 4, 8, 16
	flags := b[3]
	if b[0] != 0x1f || b[1] != 0x8b || b[2] != 8 {
		return gzip.ErrHeader
	}
	f.at += 10
	if flags&extra != 0 {
		if len(f.in)-f.at < 2 {
			return io.ErrUnexpectedEOF
		}
		f.at += 2 + int(binary.LittleEndian.Uint16(f.in[f.at:]))
	}
	for _, text := range []byte{name, comment} {
		if flags&text == 0 {
			continue
		}
		if f.at > len(f.in) {
			return io.ErrUnexpectedEOF
		}
		end := bytes.IndexByte(f.in[f.at:], 0)
		if end < 0 {
			return io.ErrUnexpectedEOF
		}
		f.at += end + 1
	}
	if flags&hcrc != 0 {
		if len(f.in)-f.at < 2 {
			return io.ErrUnexpectedEOF
		}
		if binary.LittleEndian.Uint16(f.in[f.at:]) != uint16(crc32.ChecksumIEEE(f.in[start:f.at])) {
			return gzip.ErrHeader
		}
		f.at += 2
	}
	if f.at > len(f.in) {
		return io.ErrUnexpectedEOF
	}
	f.state, f.sum, f.size, f.window = inBlock, 0, 0, f.window[:0]
	return nil
}

// trailer compares checksum and length.
func (f *inflater) trailer() error {
	f.align()
	if len(f.in)-f.at < 8 {
		return io.ErrUnexpectedEOF
	}
	b := f.in[f.at:]
	if binary.LittleEndian.Uint32(b) != f.sum || binary.LittleEndian.Uint32(b[4:]) != f.size {
		return gzip.ErrChecksum
	}
	f.at += 8
	f.state = inHeader
	return nil
}

// align drops the rest of a byte and gives whole ones back.
func (f *inflater) align() {
	f.at -= int(f.count / 8)
	f.bits, f.count = 0, 0
}

// fill takes as many bytes as fit, however few are left.
func (f *inflater) fill() {
	for f.count < 56 && f.at < len(f.in) {
		f.bits |= uint64(f.in[f.at]) << f.count
		f.at++
		f.count += 8
	}
}

// take is the next n bits, at most 16.
func (f *inflater) take(n uint) (uint, error) {
	if f.fill(); f.count < n {
		return 0, io.ErrUnexpectedEOF
	}
	v := uint(f.bits & (1<<n - 1))
	f.bits >>= n
	f.count -= n
	return v, nil
}

// block reads a block's header.
func (f *inflater) block() error {
	if f.final {
		f.final, f.state = false, inTrailer
		return nil
	}
	h, err := f.take(3)
	if err != nil {
		return err
	}
	f.final = h&1 != 0
	f.length = 0
	switch h >> 1 {
	case 0:
		f.align()
		if len(f.in)-f.at < 4 {
			return io.ErrUnexpectedEOF
		}
		n := binary.LittleEndian.Uint16(f.in[f.at:])
		if n != ^binary.LittleEndian.Uint16(f.in[f.at+2:]) {
			return errCorrupt
		}
		f.at += 4
		f.length, f.state = int(n), inStored
		return nil
	case 1:
		f.state = inCodes
		return f.fixedCodes()
	case 2:
		f.state = inCodes
		return f.dynamicCodes()
	}
	return errCorrupt
}

// stored copies plain bytes.
func (f *inflater) stored(p []byte, n int) int {
	k := copy(p[n:], f.in[f.at:min(len(f.in), f.at+f.length)])
	f.at += k
	f.length -= k
	switch {
	case f.length == 0:
		f.state = inBlock
	case f.at == len(f.in):
		f.err = io.ErrUnexpectedEOF
	}
	return n + k
}
