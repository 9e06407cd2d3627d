package amx

import (
	"errors"
	"fmt"

	"github.com/godescent/descent/internal/kernel"
	"github.com/godescent/descent/internal/kernel/gemm"
	"golang.org/x/sys/cpu"
)

// Usable is nil where Override's routines may run, and otherwise says what is in
// the way. It asks the operating system for permission, and multiplies once.
func Usable() error {
	if err := described(cpuid, xgetbv); err != nil {
		return err
	}
	if !cpu.X86.HasAVX512BF16 {
		return errors.New("the processor rounds nothing to bf16 (AVX512-BF16)")
	}
	if err := permitted(); err != nil {
		return err
	}
	t := new(kernel.Table)
	Override(t)
	return check(t.GemmBF16, t.GemmBF16Work)
}

// described is whether the processor says that it has these tiles, and that the system keeps them.
func described(cpuid func(leaf, sub uint32) (a, b, c, d uint32), xgetbv func() uint32) error {
	const (
		osxsave = 1 << 27         // leaf 1, ECX
		amx     = 1<<24 | 1<<22   // leaf 7, EDX: AMX-TILE, AMX-BF16
		kept    = 1<<17 | 1<<18   // XCR0: TILECFG, TILEDATA
		tile    = 1024<<16 | 8192 // leaf 1DH, palette 1: bytes of a tile, of all
		names   = 8<<16 | 64      // tiles, bytes of a row
		rows    = 16
		tmul    = 64<<8 | 16 // leaf 1EH: bytes of a row of B, its rows
	)
	most, _, _, _ := cpuid(0, 0)
	if most < 0x1e {
		return errors.New("the processor has no AMX")
	}
	if _, _, _, d := cpuid(7, 0); d&amx != amx {
		return errors.New("the processor has no AMX-BF16")
	}
	if _, _, c, _ := cpuid(1, 0); c&osxsave == 0 || xgetbv()&kept != kept {
		return errors.New("the operating system keeps no tiles")
	}
	a, b, c, _ := cpuid(0x1d, 1)
	_, m, _, _ := cpuid(0x1e, 0)
	if a != tile || b != names || c&0xffff != rows || m&0xffffff != tmul {
		return fmt.Errorf("its tiles are not 8 of 16 rows of 64 bytes (CPUID 1DH has %#x, %#x, %#x and 1EH %#x)", a, b, c, m)
	}
	return nil
}

// Override replaces the product in bf16 of an AVX-512 table. What it sets crashes where Usable is not nil.
func Override(t *kernel.Table) {
	u := tiles()
	t.GemmBF16 = func(g *kernel.GemmArgs[float32]) { gemm.RunTiles(u, g) }
	t.GemmBF16Work = func(m, n, k int) int { return gemm.TilesWork(u, m, n, k) }
	t.GemmBF16Name, t.GemmBF16MR, t.GemmBF16NR = "amx", gemm.TileBlock, gemm.TileBlock
}

// tiles has blocks of 512 k, whose panel of B fills two thirds of a 48 KB first level cache, and
// of so many rows as are 1 MB, for a second level of 2 MB.
func tiles() *gemm.Tiles {
	return &gemm.Tiles{
		KC: 256, AC: 256 << 10, BC: 1 << 20,
		Multiply:    multiply,
		PackRows:    packRows,
		PackColumns: packColumns,
		PackAdjacent: func(vectors int, dst, src *float32, stride, k, last int) {
			if vectors == 1 {
				packPairs1(dst, src, stride, k, last)
				return
			}
			packPairs2(dst, src, stride, k, last)
		},
		PackStrided: transposePairs,
	}
}

// The numbers of tile registers, as the generator gives them: C, of which 0 and 1 are above 2 and
// 3, then A's two and B's two.
const (
	firstC = 0
	firstA = 4
	firstB = 6
)

// multiply configures the tiles for the strip's rows and columns and runs it.
func multiply(s gemm.TileStrip) {
	var rows, cols [2]int
	for i := range 2 {
		rows[i], cols[i] = min(16, max(0, s.Rows-16*i)), min(16, max(0, s.Columns-16*i))
	}
	c := configure(rows, cols)
	// Called by their names, or the configuration would be allocated.
	switch {
	case s.Rows > 16 && s.Columns > 16:
		tiles2x2(&c[0], s.Blocks, s.Steps, s.A, s.ATile, s.B, s.BRow, s.C, s.CRow, s.Accumulate)
	case s.Rows > 16:
		tiles2x1(&c[0], s.Blocks, s.Steps, s.A, s.ATile, s.B, s.BRow, s.C, s.CRow, s.Accumulate)
	case s.Columns > 16:
		tiles1x2(&c[0], s.Blocks, s.Steps, s.A, s.ATile, s.B, s.BRow, s.C, s.CRow, s.Accumulate)
	default:
		tiles1x1(&c[0], s.Blocks, s.Steps, s.A, s.ATile, s.B, s.BRow, s.C, s.CRow, s.Accumulate)
	}
}

// configure is the operand of LDTILECFG for C of rows and columns in two tiles each: palette 1, the
// bytes of a row of tile n at 16 + 2n, its rows at 48 + n. A tile of nothing has neither.
func configure(rows, cols [2]int) [64]byte {
	c := [64]byte{0: 1}
	set := func(n, rows, words int) {
		if rows > 0 && words > 0 {
			c[16+2*n], c[48+n] = byte(4*words), byte(rows)
		}
	}
	for i := range 2 {
		for j := range 2 {
			set(firstC+2*i+j, rows[i], cols[j])
		}
		set(firstA+i, rows[i], 16)
		set(firstB+i, 16, cols[i])
	}
	return c
}
