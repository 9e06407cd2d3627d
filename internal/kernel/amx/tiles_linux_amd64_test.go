package amx

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/godescent/descent/internal/kernel"
	"github.com/godescent/descent/internal/kernel/kerneltest"
	"golang.org/x/sys/cpu"
)

// emulated is set in the environment of a process whose tiles TestEmulated executes.
const emulated = "DESCENT_TEST_TILES"

// onTiles is a table of products on tiles. It skips the test unless its process is
// emulated, or the machine has tiles.
func onTiles(t *testing.T) *kernel.Table {
	t.Helper()
	if os.Getenv(emulated) == "" {
		if err := Usable(); err != nil {
			t.Skipf("runs under TestEmulated: %v", err)
		}
	}
	table := kernel.Portable()
	Override(table)
	return table
}

// TestEmulated runs the other tests of this file in a process of their own, whose instructions of
// AMX are executed by this one as the manual defines them; all others run on the processor.
func TestEmulated(t *testing.T) {
	if os.Getenv(emulated) != "" {
		t.Skip("this process is emulated")
	}
	if x := &cpu.X86; !x.HasAVX512BF16 || !x.HasAVX512BW || !x.HasAVX512VL || !x.HasBMI2 {
		t.Skip("this processor has no AVX512-BF16, which rounds what tiles multiply")
	}
	if described(cpuid, xgetbv) == nil {
		t.Skip("this processor has tiles: the tests of this file run on them")
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	out, err := os.CreateTemp(t.TempDir(), "out")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = out.Close() }()
	e, status, err := emulate([]string{program, "-test.run=^TestTiles", "-test.v", "-test.timeout=5m"}, append(os.Environ(), emulated+"=1"), out)
	if errors.Is(err, errTracing) {
		t.Skip(err)
	}
	if err != nil {
		t.Error(err)
	}
	if _, err := out.Seek(0, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(out)
	if err != nil {
		t.Fatal(err)
	}
	if status.ExitStatus() != 0 {
		t.Errorf("exit status %d, signal %v:\n%s", status.ExitStatus(), status.Signal(), text)
	}
	for _, name := range []string{"TestTilesConform", "TestTilesEqualTheManual", "TestTilesOfManyThreads", "TestTilesCheck", "TestTilesProgram"} {
		if !bytes.Contains(text, []byte("--- PASS: "+name)) {
			t.Errorf("%s did not pass", name)
		}
	}
	for _, c := range assembled(t) {
		if !e.seen[c.text] {
			t.Errorf("%q never ran", c.text)
		}
	}
	t.Logf("ran %v of %v", e.ran, strings.Fields("ldtilecfg sttilecfg tilerelease tilezero tileloadd tileloaddt1 tilestored tdpbf16ps"))
}

// TestTilesConform is what every product in bf16 is held to.
func TestTilesConform(t *testing.T) { kerneltest.RunBF16(t, onTiles(t)) }

// TestTilesCheck: what decides at start whether a processor's tiles are used lets these pass.
func TestTilesCheck(t *testing.T) {
	table := onTiles(t)
	if err := check(table.GemmBF16, table.GemmBF16Work); err != nil {
		t.Error(err)
	}
}

// differs tells of a product whose bits are not the manual's. That a processor's are is no more
// than is to be wished for: what it must keep to is TestTilesConform's.
func differs(t *testing.T, what string) {
	t.Helper()
	switch {
	case what == "":
	case os.Getenv(emulated) == "":
		t.Log("this processor adds otherwise than its manual says: " + what)
	default:
		t.Error(what)
	}
}

// TestTilesEqualTheManual holds products to the bits of the manual's arithmetic: every number of rows,
// of columns and of k around the sides of a tile and of a block, in all layouts.
func TestTilesEqualTheManual(t *testing.T) {
	table := onTiles(t)
	r := rand.New(rand.NewPCG(41, 42))
	sides := []int{1, 2, 15, 16, 17, 31, 32, 33, 48, 49, 65}
	for _, m := range sides {
		for _, n := range sides {
			for layout := range 4 {
				k := []int{1, 2, 31, 32, 33, 63, 64, 65}[r.IntN(8)]
				differs(t, exact(r, table, m, n, k, layout))
			}
		}
	}
	for k := 1; k <= 70; k++ {
		differs(t, exact(r, table, 1+r.IntN(40), 1+r.IntN(40), k, k))
	}
	differs(t, exact(r, table, 20, 40, 1300, 0)) // three blocks of k
	differs(t, exact(r, table, 33, 17, 1025, 3))
	differs(t, exact(r, table, 2100, 33, 513, 2)) // two blocks of rows
}

// exact compares one product with the definition and returns where they differ; layout's
// bits say which operand lies on its side.
func exact(r *rand.Rand, table *kernel.Table, m, n, k, layout int) string {
	g := kernel.GemmArgs[float32]{M: m, N: n, K: k, A: numbers(r, m*k), B: numbers(r, k*n), C: numbers(r, m*n),
		ARow: k, ACol: 1, BRow: n, BCol: 1, CRow: n, Accumulate: r.IntN(2) == 0}
	if layout&1 != 0 {
		g.ARow, g.ACol = 1, m
	}
	if layout&2 != 0 {
		g.BRow, g.BCol = 1, k
	}
	want := slices.Clone(g.C)
	define(&g, want)
	g.Work = scratch(table.GemmBF16Work(m, n, k))
	for i := range g.Work {
		g.Work[i] = float32(math.NaN())
	}
	table.GemmBF16(&g)
	for i, w := range want {
		if got := g.C[i]; math.Float32bits(got) != math.Float32bits(w) && (got == got || w == w) {
			return fmt.Sprintf("%d×%d×%d, layout %d, accumulate %v: C[%d, %d] = %g (%#08x), want %g (%#08x)",
				m, n, k, layout, g.Accumulate, i/n, i%n, got, math.Float32bits(got), w, math.Float32bits(w))
		}
	}
	return ""
}

// numbers are of ordinary size, some with products below the normal range, and few zeros,
// subnormal, infinite and undefined ones.
func numbers(r *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	scale := []float64{1, 1, 0x1p-60, 0x1p-64}[r.IntN(4)]
	for i := range x {
		x[i] = float32(r.NormFloat64() * scale)
	}
	if r.IntN(4) == 0 {
		for range 3 {
			x[r.IntN(n)] = []float32{0, float32(math.Copysign(0, -1)), 0x1p-130, -0x1p-149, float32(math.Inf(1)), float32(math.NaN())}[r.IntN(6)]
		}
	}
	return x
}

// TestTilesOfManyThreads multiplies on several threads at once while memory is collected.
func TestTilesOfManyThreads(t *testing.T) {
	table := onTiles(t)
	var wg sync.WaitGroup
	for id := range 4 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(43, uint64(id)))
			for range 10 {
				differs(t, exact(r, table, 1+r.IntN(70), 1+r.IntN(70), 1+r.IntN(70), r.IntN(4)))
				_ = make([]byte, 1<<20)
			}
		})
	}
	wg.Wait()
}
