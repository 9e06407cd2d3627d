package amx

import (
	"encoding/binary"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/godescent/descent/internal/kernel"
)

// TestCheckRefuses: what decides at start lets a right product pass, however it adds, and none that errs.
func TestCheckRefuses(t *testing.T) {
	product, work := kernel.Portable().BF16()
	if err := check(product, work); err != nil {
		t.Fatalf("the portable product: %v", err)
	}
	for what, wrong := range map[string]func(g *kernel.GemmArgs[float32]){
		"leaves out the last k":         func(g *kernel.GemmArgs[float32]) { g.K--; product(g); g.K++ },
		"leaves out the last row":       func(g *kernel.GemmArgs[float32]) { g.M--; product(g); g.M++ },
		"leaves out the last column":    func(g *kernel.GemmArgs[float32]) { g.N--; product(g); g.N++ },
		"overwrites C":                  func(g *kernel.GemmArgs[float32]) { g.Accumulate = false; product(g); g.Accumulate = true },
		"reads the pairs of B by turns": func(g *kernel.GemmArgs[float32]) { swapPairs(g.B, g.K); product(g); swapPairs(g.B, g.K) },
		"has no numbers": func(g *kernel.GemmArgs[float32]) {
			for i := range g.C {
				g.C[i] = float32(math.NaN())
			}
		},
	} {
		if check(wrong, work) == nil {
			t.Errorf("a product passes that %s", what)
		}
	}
}

func swapPairs(x []float32, k int) {
	for i := range len(x) / k {
		row := x[i*k:][:k]
		for p := 0; p+1 < k; p += 2 {
			row[p], row[p+1] = row[p+1], row[p]
		}
	}
}

// TestDescribed: numbers of Sapphire Rapids (leaves 1DH and 1EH as QEMU's target/i386/cpu.c gives them to
// its guests), and what each lack leads to.
func TestDescribed(t *testing.T) {
	type leaf struct{ n, sub uint32 }
	change := func(at leaf, register int, value uint32) func(leaf, sub uint32) (a, b, c, d uint32) {
		return func(n, sub uint32) (a, b, c, d uint32) {
			x := map[leaf][4]uint32{
				{0, 0}: {0x20}, {1, 0}: {2: 1 << 27}, {7, 0}: {3: 1<<22 | 1<<24 | 1<<25},
				{0x1d, 1}: {0x04002000, 0x00080040, 0x10}, {0x1e, 0}: {1: 0x4010},
			}[leaf{n, sub}]
			if (leaf{n, sub}) == at {
				x[register] = value
			}
			return x[0], x[1], x[2], x[3]
		}
	}
	all := func() uint32 { return 0x602e7 }
	for _, c := range []struct {
		cpuid func(leaf, sub uint32) (a, b, c, d uint32)
		xcr0  func() uint32
		want  string
	}{
		{change(leaf{99, 0}, 0, 0), all, ""},
		{change(leaf{0, 0}, 0, 0x1c), all, "the processor has no AMX"},
		{change(leaf{7, 0}, 3, 1<<24), all, "the processor has no AMX-BF16"},
		{change(leaf{7, 0}, 3, 1<<22), all, "the processor has no AMX-BF16"},
		{change(leaf{1, 0}, 2, 0), func() uint32 { panic("#UD") }, "the operating system keeps no tiles"},
		{change(leaf{99, 0}, 0, 0), func() uint32 { return 0x202e7 }, "the operating system keeps no tiles"},
		{change(leaf{0x1d, 1}, 2, 8), all, "its tiles are not 8 of 16 rows"},
		{change(leaf{0x1e, 0}, 1, 0x2010), all, "its tiles are not 8 of 16 rows"},
	} {
		err := described(c.cpuid, c.xcr0)
		if got := errorText(err); !strings.HasPrefix(got, c.want) || (c.want == "") != (err == nil) {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// noMemory is for instructions that fault before they touch any.
type noMemory struct{}

func (noMemory) read([]byte, uint64, int, uint64) error  { return errors.New("read") }
func (noMemory) write([]byte, uint64, int, uint64) error { return errors.New("write") }

// TestFaults: the emulation refuses what a processor refuses (Intel's manual, volume 2, LDTILECFG and
// the exception classes AMX-E1 to AMX-E6), so that a routine's mistake cannot pass it.
func TestFaults(t *testing.T) {
	good := configure([2]int{16, 3}, [2]int{16, 5})
	if err := new(machine).configure(&good); err != nil {
		t.Fatal(err)
	}
	for what, change := range map[string]func(c *[64]byte){
		"palette 2":                   func(c *[64]byte) { c[0] = 2 },
		"reserved byte 2":             func(c *[64]byte) { c[2] = 1 },
		"reserved byte 32":            func(c *[64]byte) { c[32] = 1 },
		"reserved byte 63":            func(c *[64]byte) { c[63] = 1 },
		"17 rows":                     func(c *[64]byte) { c[48] = 17 },
		"rows of 68 bytes":            func(c *[64]byte) { binary.LittleEndian.PutUint16(c[16:], 68) },
		"rows without columns":        func(c *[64]byte) { c[16] = 0 },
		"a tile that is in no config": func(c *[64]byte) { c[48] = 0 },
	} {
		c := good
		change(&c)
		if new(machine).configure(&c) == nil {
			t.Errorf("%s: no #GP", what)
		}
	}
	run := func(m *machine, i instruction) error {
		return m.run(i, func(int) uint64 { return 0 }, noMemory{})
	}
	for what, c := range map[string]struct {
		change func(m *machine)
		i      instruction
	}{
		"no configuration":      {func(m *machine) { *m = machine{} }, instruction{op: tilezero}},
		"released tiles":        {func(m *machine) { _ = run(m, instruction{op: tilerelease}) }, instruction{op: tdpbf16ps, x: 0, y: 4, z: 6}},
		"a tile of nothing":     {func(m *machine) { m.rows[5], m.colsb[5] = 0, 0 }, instruction{op: tileloadd, x: 5}},
		"half a word":           {func(m *machine) { m.colsb[0] = 6 }, instruction{op: tilestored, x: 0}},
		"memory":                {func(*machine) {}, instruction{op: tileloadd, x: 0, index: 1}},
		"one tile twice":        {func(*machine) {}, instruction{op: tdpbf16ps, x: 0, y: 4, z: 4}},
		"C of other rows":       {func(m *machine) { m.rows[0] = 15 }, instruction{op: tdpbf16ps, x: 0, y: 4, z: 6}},
		"C of other columns":    {func(m *machine) { m.colsb[0] = 60 }, instruction{op: tdpbf16ps, x: 0, y: 4, z: 6}},
		"B of too few rows":     {func(m *machine) { m.rows[6] = 15 }, instruction{op: tdpbf16ps, x: 0, y: 4, z: 6}},
		"A after another row":   {func(m *machine) { m.startRow = 16 }, instruction{op: tileloadd, x: 4}},
		"another configuration": {func(*machine) {}, instruction{op: ldtilecfg}},
	} {
		m := new(machine)
		if err := m.configure(&good); err != nil {
			t.Fatal(err)
		}
		c.change(m)
		if run(m, c.i) == nil {
			t.Errorf("%s: %v raises nothing", what, c.i)
		}
	}
	m := new(machine)
	if err := m.configure(&good); err != nil {
		t.Fatal(err)
	}
	if got := m.configuration(); got != good {
		t.Errorf("the configuration is stored as % x, loaded as % x", got, good)
	}
	if err := run(m, instruction{op: tdpbf16ps, x: 0, y: 4, z: 6}); err != nil {
		t.Errorf("a right product: %v", err)
	}
}
