package idx

import (
	"encoding/binary"
	"io"
	"math/bits"
)

// A table maps the next bits of the input to what they mean. Its first
// 1<<literalBits (or 1<<distanceBits) entries are looked up by as many bits;
// for codes longer than that they lead to a second table after them.
//
//	bits  0–4   how many bits of input the entry stands for
//	bits  5–7   what it is: one of the marks, or none for a match
//	bits  8–12  how many extra bits follow, or the second table's width
//	bits 16–31  the literal, the least length or distance, or the second table's place
const (
	literalBits  = 11
	distanceBits = 8

	markLiteral = 1 << 5
	markTable   = 1 << 6
	markEnd     = 1 << 7 // the end of the block, or no code at all if its value is 1

	noCode = markEnd | 1<<16
)

// meaning is a table's entry without the number of bits.
func meaning(value, extra uint32) uint32 { return value<<16 | extra<<8 }

// literalMeaning is RFC 1951, 3.2.5: literals, the end of the block, then
// lengths 3 to 258 in groups of four, the extra bits growing by one a group.
func literalMeaning(symbol int) uint32 {
	switch {
	case symbol < 256:
		return meaning(uint32(symbol), 0) | markLiteral
	case symbol == 256:
		return markEnd
	case symbol < 265:
		return meaning(uint32(symbol-257+3), 0)
	case symbol < 285:
		extra := uint32(symbol-261) / 4
		return meaning((4+uint32(symbol-265)%4)<<extra+3, extra)
	case symbol == 285:
		return meaning(maxMatch, 0)
	}
	return noCode
}

// distanceMeaning is the same table's distances, 1 to 32,768 in groups of two.
func distanceMeaning(symbol int) uint32 {
	switch {
	case symbol < 4:
		return meaning(uint32(symbol+1), 0)
	case symbol < 30:
		extra := uint32(symbol-2) / 2
		return meaning((2+uint32(symbol)%2)<<extra+1, extra)
	}
	return noCode
}

// makeTable lays out the canonical code whose code for symbol s is lengths[s]
// bits long (0 for none). A code may be incomplete only if it has no symbol or
// a single one of one bit.
func makeTable(table []uint32, width int, lengths []uint8, meaning func(int) uint32) error {
	var count [maxCode + 1]int
	for _, n := range lengths {
		count[n]++
	}
	count[0] = 0
	var next [maxCode + 2]int // the next code of each length
	used := 0                 // the share of all codes in use, in 2⁻¹⁵
	for n := 1; n <= maxCode; n++ {
		next[n+1] = (next[n] + count[n]) << 1
		used += count[n] << (maxCode - n)
	}
	if used != 1<<maxCode {
		if used != 0 && !(used == 1<<(maxCode-1) && count[1] == 1) {
			return errCorrupt
		}
		for i := range 1 << width {
			table[i] = noCode
		}
	}
	// The second tables: as wide as the longest code that begins alike needs.
	var widest [1 << literalBits]uint8
	codes := next
	for _, n := range lengths {
		if n == 0 {
			continue
		}
		if int(n) > width {
			first := reverse(codes[n], int(n)) & (1<<width - 1)
			widest[first] = max(widest[first], n-uint8(width))
		}
		codes[n]++
	}
	free := 1 << width
	for first, w := range widest[:1<<width] {
		if w > 0 {
			table[first] = uint32(free)<<16 | uint32(w)<<8 | markTable | uint32(width)
			free += 1 << w
		}
	}
	for s, n := range lengths {
		if n == 0 {
			continue
		}
		code := reverse(next[n], int(n))
		next[n]++
		to, bits, size := table[:1<<width], int(n), 1<<width
		if int(n) > width {
			e := table[code&(1<<width-1)]
			size = 1 << (e >> 8 & 31)
			to = table[e>>16:]
			code, bits = code>>width, int(n)-width
		}
		e := meaning(s) | uint32(bits)
		for i := code; i < size; i += 1 << bits {
			to[i] = e
		}
	}
	return nil
}

func reverse(code, n int) int { return int(bits.Reverse16(uint16(code)) >> (16 - n)) }

// fixedCodes is the code of RFC 1951, 3.2.6.
func (f *inflater) fixedCodes() error {
	var lengths [maxLiterals + maxDistances]uint8
	for s := range lengths {
		switch {
		case s < 144:
			lengths[s] = 8
		case s < 256:
			lengths[s] = 9
		case s < 280:
			lengths[s] = 7
		case s < maxLiterals:
			lengths[s] = 8
		default:
			lengths[s] = 5
		}
	}
	if err := makeTable(f.literals[:], literalBits, lengths[:maxLiterals], literalMeaning); err != nil {
		return err
	}
	return makeTable(f.distances[:], distanceBits, lengths[maxLiterals:], distanceMeaning)
}

// dynamicCodes reads the codes of RFC 1951, 3.2.7: the lengths of both codes,
// themselves coded by a third.
func (f *inflater) dynamicCodes() error {
	h, err := f.take(14)
	if err != nil {
		return err
	}
	literals, distances, coders := int(h&31)+257, int(h>>5&31)+1, int(h>>10)+4
	if literals > 286 || distances > 30 {
		return errCorrupt
	}
	var order = [19]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}
	var coder [19]uint8
	for _, s := range order[:coders] {
		n, err := f.take(3)
		if err != nil {
			return err
		}
		coder[s] = uint8(n)
	}
	const coderBits = 7 // the longest code there is, so no second tables
	var table [1 << coderBits]uint32
	symbol := func(s int) uint32 { return meaning(uint32(s), 0) }
	if err := makeTable(table[:], coderBits, coder[:], symbol); err != nil {
		return err
	}
	var lengths [maxLiterals + maxDistances]uint8
	for i := 0; i < literals+distances; {
		f.fill()
		e := table[f.bits&(1<<coderBits-1)]
		if e == noCode {
			return errCorrupt
		}
		if _, err := f.take(uint(e & 31)); err != nil {
			return err
		}
		s := e >> 16
		if s < 16 {
			lengths[i] = uint8(s)
			i++
			continue
		}
		// 16 repeats the last length 3–6 times, 17 a zero 3–10, 18 a zero 11–138.
		extra, least, value := uint(2), 3, uint8(0)
		switch {
		case s == 17:
			extra = 3
		case s == 18:
			extra, least = 7, 11
		case i == 0:
			return errCorrupt
		default:
			value = lengths[i-1]
		}
		more, err := f.take(extra)
		if err != nil {
			return err
		}
		k := least + int(more)
		if i+k > literals+distances {
			return errCorrupt
		}
		for range k {
			lengths[i] = value
			i++
		}
	}
	if err := makeTable(f.literals[:], literalBits, lengths[:literals], literalMeaning); err != nil {
		return err
	}
	return makeTable(f.distances[:], distanceBits, lengths[literals:literals+distances], distanceMeaning)
}

// codes unpacks into p from n on, until p is full or the block ends: fast where
// input and room are ample, a symbol at a time near the ends.
func (f *inflater) codes(p []byte, n int) int {
	for n < len(p) && f.err == nil && f.state == inCodes {
		if f.length > 0 {
			n = f.match(p, n)
			continue
		}
		if n = f.fast(p, n); n < len(p) && f.state == inCodes && f.err == nil {
			n = f.one(p, n)
		}
	}
	return n
}

// match copies what is left of a match, as much as fits.
func (f *inflater) match(p []byte, n int) int {
	for f.length > 0 && n < len(p) {
		var k int
		switch back := f.dist - n; {
		case back > len(f.window):
			f.err = errCorrupt // it begins before the data
			return n
		case back > 0:
			from := f.window[len(f.window)-back:]
			k = copy(p[n:], from[:min(len(from), f.length)])
		default: // at most dist bytes exist to copy from
			k = copy(p[n:], p[n-f.dist:n-f.dist+min(f.dist, f.length)])
		}
		n += k
		f.length -= k
	}
	return n
}

// symbol is the next entry of a table, its bits taken; noCode if the input ends
// or no code fits.
func (f *inflater) symbol(table []uint32, width uint) uint32 {
	e := table[f.bits&(1<<width-1)]
	n := uint(e & 31)
	if e&markTable != 0 {
		e = table[uint64(e>>16)+f.bits>>width&(1<<(e>>8&31)-1)]
		n += uint(e & 31)
	}
	if n > f.count {
		f.err = io.ErrUnexpectedEOF
		return noCode
	}
	if e&markEnd != 0 && e>>16 != 0 {
		f.err = errCorrupt
		return noCode
	}
	f.bits >>= n
	f.count -= n
	return e
}

// one unpacks one symbol; a match is only noted.
func (f *inflater) one(p []byte, n int) int {
	f.fill()
	e := f.symbol(f.literals[:], literalBits)
	switch {
	case f.err != nil:
		return n
	case e&markLiteral != 0:
		p[n] = byte(e >> 16)
		return n + 1
	case e&markEnd != 0:
		f.state = inBlock
		return n
	}
	more, err := f.take(uint(e >> 8 & 31))
	if err != nil {
		f.err = err
		return n
	}
	length := int(e>>16) + int(more)
	f.fill()
	if e = f.symbol(f.distances[:], distanceBits); f.err != nil {
		return n
	}
	if more, err = f.take(uint(e >> 8 & 31)); err != nil {
		f.err = err
		return n
	}
	f.length, f.dist = length, int(e>>16)+int(more)
	return n
}

// fast unpacks as long as a whole match fits into p with 8 bytes to spare and
// 8 bytes of input are ahead, so that nothing has to be checked in between.
func (f *inflater) fast(p []byte, n int) int {
	in, at, bits, count := f.in, f.at, f.bits, f.count
	literals, distances := &f.literals, &f.distances
	room := len(p) - maxMatch - 16
loop:
	for n < room && at+8 <= len(in) {
		bits |= binary.LittleEndian.Uint64(in[at:]) << count
		at += int((63 - count) >> 3)
		count |= 56
		// 56 bits or more: three literals of at most 15, then a refill.
		e := literals[bits&(1<<literalBits-1)]
		if e&markLiteral != 0 {
			bits >>= e & 31
			count -= uint(e & 31)
			p[n] = byte(e >> 16)
			n++
			e = literals[bits&(1<<literalBits-1)]
			if e&markLiteral != 0 {
				bits >>= e & 31
				count -= uint(e & 31)
				p[n] = byte(e >> 16)
				n++
				e = literals[bits&(1<<literalBits-1)]
				if e&markLiteral != 0 {
					bits >>= e & 31
					count -= uint(e & 31)
					p[n] = byte(e >> 16)
					n++
					continue
				}
			}
			if at+8 > len(in) {
				break // nothing of e is taken yet
			}
			bits |= binary.LittleEndian.Uint64(in[at:]) << count
			at += int((63 - count) >> 3)
			count |= 56
		}
		if e&markTable != 0 {
			bits >>= literalBits
			count -= literalBits
			e = literals[uint64(e>>16)+bits&(1<<(e>>8&31)-1)]
			if e&markLiteral != 0 {
				bits >>= e & 31
				count -= uint(e & 31)
				p[n] = byte(e >> 16)
				n++
				continue
			}
		}
		if e&markEnd != 0 {
			if e>>16 != 0 {
				f.err = errCorrupt
				break
			}
			bits >>= e & 31
			count -= uint(e & 31)
			f.state = inBlock
			break
		}
		// A match: at most 15+5 bits of length and 15+13 of distance.
		bits >>= e & 31
		extra := e >> 8 & 31
		length := int(e>>16) + int(bits&(1<<extra-1))
		bits >>= extra
		count -= uint(e&31 + extra)
		e = distances[bits&(1<<distanceBits-1)]
		if e&markTable != 0 {
			bits >>= distanceBits
			count -= distanceBits
			e = distances[uint64(e>>16)+bits&(1<<(e>>8&31)-1)]
		}
		if e&markEnd != 0 {
			f.err = errCorrupt
			break
		}
		bits >>= e & 31
		extra = e >> 8 & 31
		dist := int(e>>16) + int(bits&(1<<extra-1))
		bits >>= extra
		count -= uint(e&31 + extra)
		switch {
		case dist > n: // from the window
			f.length, f.dist = length, dist
			if n = f.match(p, n); f.err != nil {
				break loop
			}
		case dist >= 8: // eight at a time, up to seven too many that the next symbols overwrite
			for i := 0; i < length; i += 8 {
				binary.LittleEndian.PutUint64(p[n+i:], binary.LittleEndian.Uint64(p[n-dist+i:]))
			}
			n += length
		case dist == 1: // a run of one byte
			eight := uint64(p[n-1]) * 0x0101010101010101
			for i := 0; i < length; i += 8 {
				binary.LittleEndian.PutUint64(p[n+i:], eight)
			}
			n += length
		default:
			for range length {
				p[n] = p[n-dist]
				n++
			}
		}
	}
	f.at, f.bits, f.count = at, bits, count
	return n
}
