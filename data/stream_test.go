package data

import (
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/godescent/descent/tensor"
	"pgregory.net/rapid"
)

// numbered is n examples, row i holding 3i, 3i+1 and 3i+2, its target i.
func numbered(n int) *Set {
	x, y := tensor.New(tensor.Int32, n, 3), tensor.New(tensor.Int32, n)
	for i := range 3 * n {
		tensor.Slice[int32](x)[i] = int32(i)
	}
	for i := range n {
		tensor.Slice[int32](y)[i] = int32(i)
	}
	return &Set{Name: "numbered", X: x, Y: y}
}

// ordered is a source that can only be read from its first row.
type ordered struct {
	set *Set
	err error // after all rows
}

func (o ordered) Blocks(rows int) iter.Seq2[*Set, error] {
	return func(yield func(*Set, error) bool) {
		for b, err := range o.set.Blocks(rows) {
			if !yield(b, err) {
				return
			}
		}
		if o.err != nil {
			yield(nil, o.err)
		}
	}
}

// taken are the rows that a step takes, after checking that they are whole.
func taken(t testing.TB, s *Stream, step int64) []int32 {
	t.Helper()
	set, indices, err := s.Load(step, nil)
	if err != nil {
		t.Fatal(err)
	}
	var rows []int32
	x, y := tensor.Slice[int32](set.X), tensor.Slice[int32](set.Y)
	for _, i := range indices {
		for j := range int32(3) {
			if x[3*i+j] != 3*y[i]+j {
				t.Fatalf("step %d: row %d is %v", step, y[i], x[3*i:3*i+3])
			}
		}
		rows = append(rows, y[i])
	}
	return rows
}

// The order is that of an independent implementation: see testdata/record.py.
func TestStreamIsAsRecorded(t *testing.T) {
	for _, c := range recorded(t).Streams {
		// 16 bytes an example: room for two windows and a block of 1/16 of all.
		batch := 4
		limit := int64(2*c.Window*16) * 16 / 15
		s, err := NewStream(numbered(c.N), StreamOptions{Batch: batch, Seed: c.Seed, MaxBytes: limit + 32})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if s.Window() != c.Window {
			t.Fatalf("a window of %d rows, want %d", s.Window(), c.Window)
		}
		s.chunk = c.Chunk
		var order []int32
		for step := range stepsOf(s, 2) {
			order = append(order, taken(t, s, step)...)
		}
		if !slices.Equal(order, c.Order) {
			t.Errorf("%d rows in windows of %d:\n%v, want\n%v", c.N, c.Window, order, c.Order)
		}
	}
}

// stepsOf are the steps of the first epochs.
func stepsOf(s *Stream, epochs int) iter.Seq[int64] {
	return func(yield func(int64) bool) {
		for step := range int64(epochs * s.Batches(0)) {
			if !yield(step) {
				return
			}
		}
	}
}

// Any source, limit and rows: every row once an epoch, within the memory, and the
// same batch for a step in whatever order steps are asked for, from a new stream
// too.
func TestAnyStream(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 300).Draw(t, "rows")
		o := StreamOptions{
			Batch: rapid.IntRange(1, 20).Draw(t, "batch"), Seed: rapid.Uint64().Draw(t, "seed"),
			MaxBytes: rapid.Int64Range(1, 8000).Draw(t, "limit"),
		}
		if rapid.Bool().Draw(t, "some") {
			o.Rows = []int32{}
			for i := range n {
				if rapid.Bool().Draw(t, "taken") {
					o.Rows = append(o.Rows, int32(i))
				}
			}
		}
		var src Source = numbered(n)
		if rapid.Bool().Draw(t, "ordered") {
			src = ordered{set: numbered(n)}
		}
		s, err := NewStream(src, o)
		if err != nil {
			if o.Rows != nil && len(o.Rows) == 0 || int64(2*min(o.Batch, n)*16) > o.MaxBytes*15/16-16 {
				return
			}
			t.Fatal(err)
		}
		defer s.Close()
		if s.Bytes() > o.MaxBytes {
			t.Fatalf("%d bytes of %d", s.Bytes(), o.MaxBytes)
		}
		want := o.Rows
		if want == nil {
			want = make([]int32, n)
			identity(want)
		}
		epochs := 2
		var batches [][]int32
		for step := range stepsOf(s, epochs) {
			batches = append(batches, takenBy(t, s, step))
		}
		for e := range epochs {
			var all []int32
			for _, b := range batches[e*s.Batches(e) : (e+1)*s.Batches(e)] {
				all = append(all, b...)
			}
			slices.Sort(all)
			if !slices.Equal(all, want) {
				t.Fatalf("epoch %d takes %v of %v", e, all, want)
			}
		}
		again, err := NewStream(src, o)
		if err != nil {
			t.Fatal(err)
		}
		defer again.Close()
		r := rand.New(rand.NewPCG(o.Seed, 1))
		for range 20 {
			step := r.IntN(len(batches))
			if got := takenBy(t, again, int64(step)); !slices.Equal(got, batches[step]) {
				t.Fatalf("step %d takes %v after a jump, %v before", step, got, batches[step])
			}
		}
	})
}

func takenBy(t *rapid.T, s *Stream, step int64) []int32 {
	set, indices, err := s.Load(step, nil)
	if err != nil {
		t.Fatal(err)
	}
	var rows []int32
	x, y := tensor.Slice[int32](set.X), tensor.Slice[int32](set.Y)
	for _, i := range indices {
		if x[3*i] != 3*y[i] || x[3*i+2] != 3*y[i]+2 {
			t.Fatalf("step %d: row %d is %v", step, y[i], x[3*i:3*i+3])
		}
		rows = append(rows, y[i])
	}
	return rows
}

// A window mixes rows from all over the source: of a source sorted by class, each
// window has about a half of each of two classes.
func TestStreamMixes(t *testing.T) {
	const n = 20_000
	s, err := NewStream(numbered(n), StreamOptions{Batch: 100, Seed: 3, MaxBytes: 16 * n / 4})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for first := int64(0); first+int64(s.Window()/100) <= n/100; first += int64(s.Window() / 100) {
		low, all := 0, 0
		for step := range int64(s.Window() / 100) {
			for _, r := range taken(t, s, first+step) {
				if all++; r < n/2 {
					low++
				}
			}
		}
		// About 60 chunks in a window: a standard deviation of 6.5% of its rows.
		if share := float64(low) / float64(all); share < 0.24 || share > 0.76 {
			t.Errorf("a window of %d rows has %.2f of the first half", all, share)
		}
	}
}

func TestStreamMistakes(t *testing.T) {
	set := numbered(100)
	for _, c := range []struct {
		src  Source
		o    StreamOptions
		want string
	}{
		{set, StreamOptions{}, "numbered: the batch size is 0"},
		{set, StreamOptions{Batch: 10, MaxBytes: 300}, "numbered: a batch of 10 examples of 16 bytes needs 160 bytes of memory twice over; the limit is 300"},
		{set, StreamOptions{Batch: 10, MaxBytes: -1}, "numbered: a limit of -1 bytes"},
		{set, StreamOptions{Batch: 10, Rows: []int32{}}, "numbered: cannot draw from 0 examples"},
		{set, StreamOptions{Batch: 10, Rows: []int32{3, 3}}, "numbered: row 3 at position 1 of the rows to take; they ascend from 0 to 99"},
		{set, StreamOptions{Batch: 10, Rows: []int32{100}}, "numbered: row 100 at position 0"},
		{numbered(0), StreamOptions{Batch: 10}, "the source has no examples"},
		{ordered{set, errors.New("disk on fire")}, StreamOptions{Batch: 10}, "numbered: disk on fire"},
	} {
		if _, err := NewStream(c.src, c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q", err, c.want)
		}
	}
	// A source that shrank since it was counted is an error of the step that needs
	// what is gone, and of no step before.
	src := &ordered{set: numbered(100)}
	s, err := NewStream(src, StreamOptions{Batch: 10, MaxBytes: 16*40 + 16*4})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	src.set = numbered(50)
	failed := 0
	for range 2 {
		for step := range int64(10) {
			if _, _, err := s.Load(step, nil); err != nil {
				failed++
				if !strings.Contains(err.Error(), "the source ended before row") {
					t.Errorf("error %v", err)
				}
			}
		}
	}
	// Rows 0 to 39 are two whole windows.
	if failed != 12 {
		t.Errorf("%d of 20 steps failed, want 12", failed)
	}
}

// A step allocates nothing but what reading does, once a window.
func TestStreamAllocates(t *testing.T) {
	s, err := NewStream(numbered(1000), StreamOptions{Batch: 10})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var dst []int32
	step := int64(0)
	if n := testing.AllocsPerRun(50, func() {
		var err error
		if _, dst, err = s.Load(step, dst); err != nil {
			t.Fatal(err)
		}
		step++
	}); n != 0 {
		t.Errorf("%v allocations a step", n)
	}
}

func ExampleStream() {
	// 1000 examples in memory stand for a source that does not fit.
	var src Source = numbered(1000)
	s, err := NewStream(src, StreamOptions{Batch: 32, Seed: 1, MaxBytes: 8 << 10})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	window, rows, err := s.Load(40, nil) // in the second epoch
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s.Batches(0), "steps an epoch,", window.Len(), "examples in memory, step 40 takes", len(rows))
	// Output:
	// 32 steps an epoch, 224 examples in memory, step 40 takes 32
}
