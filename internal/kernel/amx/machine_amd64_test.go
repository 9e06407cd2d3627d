package amx

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
)

// machine is one thread's tiles, as Intel's manual has them: volume 1, chapter 18,
// and the operation of each instruction in volume 2.
type machine struct {
	palette  byte
	startRow byte
	rows     [8]int
	colsb    [8]int // bytes of a row
	tile     [8][16][64]byte
}

// inMemory is what instructions read and write: parts of size bytes, stride apart.
type inMemory interface {
	read(to []byte, at uint64, size int, stride uint64) error
	write(from []byte, at uint64, size int, stride uint64) error
}

// run executes one instruction, or says which exception a processor would raise.
func (m *machine) run(i instruction, general func(n int) uint64, mem inMemory) error {
	address := func() uint64 { return general(i.base) + uint64(i.disp) }
	stride := func() uint64 {
		if i.index < 0 {
			return 0
		}
		return general(i.index) << i.scale
	}
	switch i.op {
	case ldtilecfg:
		var c [64]byte
		if err := mem.read(c[:], address(), 64, 0); err != nil {
			return err
		}
		return m.configure(&c)
	case sttilecfg:
		c := m.configuration()
		return mem.write(c[:], address(), 64, 0)
	case tilerelease:
		*m = machine{}
		return nil
	case tilezero:
		if err := m.named(i.x); err != nil {
			return err
		}
		m.tile[i.x] = [16][64]byte{}
	case tileloadd, tileloaddt1:
		if err := m.transferred(i.x); err != nil {
			return err
		}
		size := m.colsb[i.x]
		b := make([]byte, m.rows[i.x]*size)
		if err := mem.read(b, address(), size, stride()); err != nil {
			return err
		}
		m.tile[i.x] = [16][64]byte{}
		for r := range m.rows[i.x] {
			copy(m.tile[i.x][r][:], b[r*size:][:size])
		}
	case tilestored:
		if err := m.transferred(i.x); err != nil {
			return err
		}
		var b []byte
		for r := range m.rows[i.x] {
			b = append(b, m.tile[i.x][r][:m.colsb[i.x]]...)
		}
		if err := mem.write(b, address(), m.colsb[i.x], stride()); err != nil {
			return err
		}
	case tdpbf16ps:
		return m.multiply(i.x, i.y, i.z)
	}
	return nil
}

// configure is LDTILECFG with its faults.
func (m *machine) configure(c *[64]byte) error {
	if c[0] == 0 {
		*m = machine{}
		return nil
	}
	if c[0] != 1 {
		return fmt.Errorf("#GP: palette %d", c[0])
	}
	next := machine{palette: 1, startRow: c[1]}
	for n := range 8 {
		next.colsb[n], next.rows[n] = int(binary.LittleEndian.Uint16(c[16+2*n:])), int(c[48+n])
		if next.colsb[n] > 64 || next.rows[n] > 16 || (next.colsb[n] == 0) != (next.rows[n] == 0) {
			return fmt.Errorf("#GP: tile %d of %d rows of %d bytes", n, next.rows[n], next.colsb[n])
		}
	}
	for _, reserved := range [][]byte{c[2:16], c[32:48], c[56:64]} {
		if slices.Max(reserved) != 0 {
			return fmt.Errorf("#GP: reserved bytes are not 0: % x", c[:])
		}
	}
	if m.palette != 0 {
		// No fault of a processor: a routine has left its tiles to whoever came next on this thread.
		return fmt.Errorf("tiles are configured that nobody released")
	}
	*m = next
	return nil
}

// configuration is what STTILECFG stores.
func (m *machine) configuration() (c [64]byte) {
	if m.palette == 0 {
		return c
	}
	c[0], c[1] = m.palette, m.startRow
	for n := range 8 {
		binary.LittleEndian.PutUint16(c[16+2*n:], uint16(m.colsb[n]))
		c[48+n] = byte(m.rows[n])
	}
	return c
}

// named fails if a tile may not be an operand.
func (m *machine) named(n int) error {
	switch {
	case m.palette == 0:
		return fmt.Errorf("#UD: no tiles are configured")
	case m.rows[n] == 0:
		return fmt.Errorf("#UD: tile %d has no rows", n)
	}
	return nil
}

// transferred is named for what moves a tile.
func (m *machine) transferred(n int) error {
	if err := m.named(n); err != nil {
		return err
	}
	if m.colsb[n]%4 != 0 || int(m.startRow) >= m.rows[n] {
		return fmt.Errorf("#UD: tile %d has %d rows of %d bytes, from row %d", n, m.rows[n], m.colsb[n], m.startRow)
	}
	return nil
}

// multiply is TDPBF16PS: c += a·b over pairs of bf16 numbers. Its even and its odd products
// have sums of their own, which begin with 0 and are added together, and then to c.
func (m *machine) multiply(c, a, b int) error {
	for _, n := range []int{c, a, b} {
		if err := m.named(n); err != nil {
			return err
		}
		if m.colsb[n]%4 != 0 {
			return fmt.Errorf("#UD: tile %d has rows of %d bytes", n, m.colsb[n])
		}
	}
	switch {
	case c == a || a == b || b == c:
		return fmt.Errorf("#UD: tiles %d, %d, %d are not three", c, a, b)
	case m.colsb[c] != m.colsb[b] || m.rows[c] != m.rows[a] || m.colsb[a]/4 != m.rows[b]:
		return fmt.Errorf("#UD: tiles of %d rows of %d bytes, %d of %d, %d of %d do not multiply",
			m.rows[c], m.colsb[c], m.rows[a], m.colsb[a], m.rows[b], m.colsb[b])
	}
	bf16 := func(row *[64]byte, n int) float64 {
		return denormalsAreZero(math.Float32frombits(uint32(binary.LittleEndian.Uint16(row[2*n:])) << 16))
	}
	var x [32]float64
	var y [16][32]float64
	for k := range m.rows[b] {
		for n := range m.colsb[b] / 2 {
			y[k][n] = bf16(&m.tile[b][k], n)
		}
	}
	for r := range m.rows[c] {
		for k := range m.colsb[a] / 2 {
			x[k] = bf16(&m.tile[a][r], k)
		}
		for n := range m.colsb[c] / 4 {
			even, odd := 0.0, 0.0
			for k := range m.rows[b] {
				even = single(even + x[2*k]*y[k][2*n])
				odd = single(odd + x[2*k+1]*y[k][2*n+1])
			}
			at := m.tile[c][r][4*n:]
			old := denormalsAreZero(math.Float32frombits(binary.LittleEndian.Uint32(at)))
			binary.LittleEndian.PutUint32(at, math.Float32bits(float32(single(old+single(even+odd)))))
		}
		clear(m.tile[c][r][m.colsb[c]:])
	}
	clear(m.tile[c][m.rows[c]:])
	return nil
}

func denormalsAreZero(x float32) float64 {
	if x > -0x1p-126 && x < 0x1p-126 {
		return math.Copysign(0, float64(x))
	}
	return float64(x)
}

// single rounds to float32, what is then below the normal range to 0. The sum of two
// numbers of 24 bits, a product of two bf16 numbers being one, may be rounded to float64 first:
// rounding twice is rounding once if the first has 2·24 + 2 bits (Figueroa, When is double
// rounding innocuous?, SIGNUM 30(3), 1995).
func single(x float64) float64 {
	if math.Abs(x) < 0x1p-124 {
		up := float32(x * 0x1p64) // where float32 has all of its bits
		if up > -0x1p-62 && up < 0x1p-62 {
			return math.Copysign(0, x)
		}
		return float64(up) * 0x1p-64
	}
	return float64(float32(x))
}
