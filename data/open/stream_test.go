package open

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/godescent/descent/data"
)

// A table of 6 MB of numbers is trained on in the memory that a setting states,
// here a tenth of it, beside what the reader itself needs: its row limit and some
// buffers.
func TestStreamMemory(t *testing.T) {
	var text strings.Builder
	text.WriteString("a,b,c,d,e,f,g,h,class\n")
	const rows = 150_000
	for i := range rows {
		fmt.Fprintf(&text, "%d,%d,%d,4,5,6,7,8,%s\n", i, i%7, i%11, []string{"low", "high"}[i*2/rows])
	}
	path := write(t, t.TempDir(), "t.csv", text.String())
	text.Reset()
	table := NewTable()
	table.Path, table.Target = Path(path), "class"
	heap := func() uint64 { // the next window is being read meanwhile: the least of some looks
		least := ^uint64(0)
		for range 4 {
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			least = min(least, m.HeapAlloc)
		}
		return least
	}
	before := heap()
	d := must[*Data](t)(table.Open(Options{Stream: true}))
	defer func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}()
	const limit = 600 << 10
	s := must[*data.Stream](t)(data.NewStream(d.Sources.Train, data.StreamOptions{Batch: 100, Seed: 1, MaxBytes: limit}))
	defer s.Close()
	if s.Len() != rows || s.Bytes() > limit || s.Bytes() < limit*3/4 {
		t.Fatalf("%d rows, %d bytes of %d", s.Len(), s.Bytes(), limit)
	}
	most, high, seen := uint64(0), 0, 0
	var dst []int32
	for step := range int64(s.Batches(0)) {
		set, indices, err := s.Load(step, dst)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range indices {
			high += int(1 - set.Labels()[i]) // classes are high, low
			seen++
		}
		if dst = indices; step%150 == 0 {
			most = max(most, heap())
		}
	}
	if seen != rows || high != rows/2 {
		t.Errorf("%d rows, %d of them high", seen, high)
	}
	if got := int64(most) - int64(before); got > limit+3<<20 {
		t.Errorf("%d bytes on the heap for a limit of %d", got, limit)
	}
}
