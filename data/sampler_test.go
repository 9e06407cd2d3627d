package data

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func mustSampler(t interface {
	Helper()
	Fatal(...any)
}, name string, n, batch int, seed uint64) Sampler {
	t.Helper()
	s, err := SamplerByName(name, n, batch, seed)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestShuffleIsAsRecorded(t *testing.T) {
	for _, c := range recorded(t).Shuffles {
		order := make([]int32, c.N)
		identity(order)
		permute(order, c.Seed, drawShuffle, uint64(c.Epoch))
		if c.SHA256 != "" {
			h := sha256.New()
			if err := binary.Write(h, binary.LittleEndian, order); err != nil {
				t.Fatal(err)
			}
			if got := hex.EncodeToString(h.Sum(nil)); got != c.SHA256 {
				t.Errorf("n %d seed %d epoch %d: sha256 %s, want %s", c.N, c.Seed, c.Epoch, got, c.SHA256)
			}
			continue
		}
		if !slices.Equal(order, c.Order) {
			t.Errorf("n %d seed %d epoch %d: %v, want %v", c.N, c.Seed, c.Epoch, order, c.Order)
		}
		s := mustSampler(t, "shuffle", c.N, 4, c.Seed)
		var got []int32
		for b := range s.Batches(int(c.Epoch)) {
			got = append(got, s.Batch(c.Epoch*int64(s.Batches(0))+int64(b), nil)...)
		}
		if !slices.Equal(got, c.Order) {
			t.Errorf("n %d seed %d epoch %d: batches are %v, want %v", c.N, c.Seed, c.Epoch, got, c.Order)
		}
	}
}

func TestReplacementIsAsRecorded(t *testing.T) {
	for _, c := range recorded(t).Replacements {
		s := mustSampler(t, "replacement", c.N, c.Batch, c.Seed)
		if got := s.Batch(c.Step, nil); !slices.Equal(got, c.Indices) {
			t.Errorf("n %d batch %d step %d: %v, want %v", c.N, c.Batch, c.Step, got, c.Indices)
		}
	}
}

// The expected batches are written out by hand from each sampler's definition.
func TestSamplersByHand(t *testing.T) {
	tests := []struct {
		name      string
		n, batch  int
		sizes     []int
		perEpoch  []int // steps of the first epochs
		want      [][]int32
		wantSizes []int // of the first steps, where the indices are by chance
	}{
		{name: "cyclic", n: 5, batch: 1, sizes: []int{1}, perEpoch: []int{5, 5}, want: [][]int32{{0}, {1}, {2}, {3}, {4}, {0}, {1}}},
		// Steps begin at examples 0 2 4 | 1 3 | 0 2 4 ...: epochs of 3 and 2 steps.
		{name: "cyclic", n: 5, batch: 2, sizes: []int{2}, perEpoch: []int{3, 2, 3, 2}, want: [][]int32{{0, 1}, {2, 3}, {4, 0}, {1, 2}, {3, 4}, {0, 1}}},
		{name: "cyclic", n: 4, batch: 2, sizes: []int{2}, perEpoch: []int{2, 2}, want: [][]int32{{0, 1}, {2, 3}, {0, 1}}},
		{name: "cyclic", n: 3, batch: 8, sizes: []int{3}, perEpoch: []int{1, 1}, want: [][]int32{{0, 1, 2}, {0, 1, 2}}},
		{name: "full", n: 3, batch: 1, sizes: []int{3}, perEpoch: []int{1, 1}, want: [][]int32{{0, 1, 2}, {0, 1, 2}}},
		{name: "shuffle", n: 10, batch: 4, sizes: []int{4, 2}, perEpoch: []int{3, 3}, wantSizes: []int{4, 4, 2, 4, 4, 2}},
		{name: "shuffle", n: 8, batch: 4, sizes: []int{4}, perEpoch: []int{2, 2}, wantSizes: []int{4, 4, 4}},
		{name: "shuffle", n: 3, batch: 128, sizes: []int{3}, perEpoch: []int{1, 1}, wantSizes: []int{3, 3}},
		{name: "shuffle", n: 1, batch: 1, sizes: []int{1}, perEpoch: []int{1, 1}, want: [][]int32{{0}, {0}}},
		{name: "replacement", n: 10, batch: 4, sizes: []int{4, 2}, perEpoch: []int{3, 3}, wantSizes: []int{4, 4, 2, 4}},
		// MNIST's training part: 468 batches of 128 and one of 96.
		{name: "shuffle", n: 60000, batch: 128, sizes: []int{128, 96}, perEpoch: []int{469, 469}},
	}
	for _, c := range tests {
		t.Run(fmt.Sprintf("%s/n%d/batch%d", c.name, c.n, c.batch), func(t *testing.T) {
			s := mustSampler(t, c.name, c.n, c.batch, 3)
			if s.Name() != c.name {
				t.Errorf("name %q", s.Name())
			}
			if got := s.Sizes(); !slices.Equal(got, c.sizes) {
				t.Errorf("sizes %v, want %v", got, c.sizes)
			}
			for e, want := range c.perEpoch {
				if got := s.Batches(e); got != want {
					t.Errorf("epoch %d has %d batches, want %d", e, got, want)
				}
			}
			for step, want := range c.want {
				if got := s.Batch(int64(step), nil); !slices.Equal(got, want) {
					t.Errorf("step %d takes %v, want %v", step, got, want)
				}
			}
			for step, want := range c.wantSizes {
				if got := len(s.Batch(int64(step), nil)); got != want {
					t.Errorf("step %d takes %d examples, want %d", step, got, want)
				}
			}
		})
	}
}

// Every sampler, whatever its settings: a step asked for on its own, in any
// order, by a new sampler or with a used buffer, takes what it takes in
// sequence; Epoch, Batches, Steps and Sizes agree with each other.
func TestSamplersAreFunctionsOfTheStep(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom(SamplerNames()).Draw(t, "name")
		n := rapid.IntRange(1, 40).Draw(t, "n")
		batch := rapid.IntRange(1, 50).Draw(t, "batch")
		seed := rapid.Uint64().Draw(t, "seed")
		const epochs = 4
		s := mustSampler(t, name, n, batch, seed)
		var sequence [][]int32
		for e := range epochs {
			place := 0
			for step, b := range Epoch(s, e) {
				if step != int64(len(sequence)) {
					t.Fatalf("epoch %d yields step %d after %d steps", e, step, len(sequence))
				}
				if ge, gb := s.Epoch(step); ge != e || gb != place {
					t.Fatalf("step %d is at epoch %d, place %d; want %d, %d", step, ge, gb, e, place)
				}
				if !slices.Contains(s.Sizes(), len(b)) {
					t.Fatalf("step %d takes %d examples, sizes are %v", step, len(b), s.Sizes())
				}
				for _, i := range b {
					if i < 0 || int(i) >= n {
						t.Fatalf("index %d of %d", i, n)
					}
				}
				sequence = append(sequence, slices.Clone(b))
				place++
			}
			if place != s.Batches(e) {
				t.Fatalf("epoch %d had %d steps, Batches says %d", e, place, s.Batches(e))
			}
		}
		if got := Steps(s, epochs); got != int64(len(sequence)) {
			t.Fatalf("Steps is %d after %d steps", got, len(sequence))
		}
		dirty := slices.Repeat([]int32{-7}, 64)
		for range 20 {
			step := rapid.IntRange(0, len(sequence)-1).Draw(t, "step")
			if rapid.Bool().Draw(t, "fresh") {
				s = mustSampler(t, name, n, batch, seed)
			}
			if got := s.Batch(int64(step), dirty); !slices.Equal(got, sequence[step]) {
				t.Fatalf("step %d takes %v when jumped to, %v in sequence", step, got, sequence[step])
			}
		}
	})
}

func TestShuffleTakesEveryExampleOnceAnEpoch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 300).Draw(t, "n")
		s := mustSampler(t, "shuffle", n, rapid.IntRange(1, 64).Draw(t, "batch"), rapid.Uint64().Draw(t, "seed"))
		epoch := rapid.IntRange(0, 1000).Draw(t, "epoch")
		seen := make([]int, n)
		for _, b := range Epoch(s, epoch) {
			for _, i := range b {
				seen[i]++
			}
		}
		for i, c := range seen {
			if c != 1 {
				t.Fatalf("example %d was taken %d times", i, c)
			}
		}
	})
}

func TestShuffleDependsOnSeedAndEpoch(t *testing.T) {
	a := mustSampler(t, "shuffle", 100, 100, 1)
	b := mustSampler(t, "shuffle", 100, 100, 2)
	if slices.Equal(a.Batch(0, nil), b.Batch(0, nil)) {
		t.Error("seeds 1 and 2 shuffle alike")
	}
	if slices.Equal(a.Batch(0, nil), a.Batch(1, nil)) {
		t.Error("epochs 0 and 1 shuffle alike")
	}
}

// Over 20,000 draws of 10 values the chi-square statistic has 9 degrees of
// freedom; it exceeds 33.7 once in ten thousand times (the seed is fixed).
func TestReplacementIsUniform(t *testing.T) {
	s := mustSampler(t, "replacement", 10, 10, 5)
	var counts [10]float64
	for step := range int64(2000) {
		for _, i := range s.Batch(step, nil) {
			counts[i]++
		}
	}
	chi := 0.0
	for _, c := range counts {
		chi += (c - 2000) * (c - 2000) / 2000
	}
	if chi > 33.7 {
		t.Errorf("chi-square %.1f over counts %v", chi, counts)
	}
}

func TestOver(t *testing.T) {
	part := []int32{3, 5, 8, 13, 21}
	s := Over(mustSampler(t, "shuffle", len(part), 2, 1), part)
	var got []int32
	for _, b := range Epoch(s, 4) {
		got = append(got, b...)
	}
	slices.Sort(got)
	if !slices.Equal(got, part) {
		t.Errorf("an epoch over %v takes %v", part, got)
	}
	if s.Name() != "shuffle" || s.Batches(0) != 3 {
		t.Errorf("name %q, %d batches", s.Name(), s.Batches(0))
	}
}

func TestCyclicFarOut(t *testing.T) {
	if math.MaxInt < 1<<33 {
		t.Skip("an int of this processor counts no such epochs")
	}
	// step·B is 3·2⁶¹, past int64; the quotient by n = 2³⁰·3 is 2³¹.
	s := mustSampler(t, "cyclic", 3<<29, 3<<29, 0)
	if e, b := s.Epoch(1 << 33); int64(e) != 1<<33 || b != 0 {
		t.Errorf("epoch %d, place %d", e, b)
	}
	s = mustSampler(t, "cyclic", 7, 3, 0)
	// (10¹²·3) mod 7 = 1·3·... : 10¹² mod 7 = 1 (10⁶ mod 7 = 1), so the step starts at 3.
	if got := s.Batch(1e12, nil); !slices.Equal(got, []int32{3, 4, 5}) {
		t.Errorf("step 10¹² takes %v", got)
	}
}

func TestSamplersDoNotAllocate(t *testing.T) {
	for _, name := range SamplerNames() {
		s := mustSampler(t, name, 1000, 128, 1)
		dst := make([]int32, 0, 1000)
		step := int64(0)
		s.Batch(step, dst)
		if allocs := testing.AllocsPerRun(100, func() { s.Batch(step, dst); step++ }); allocs != 0 {
			t.Errorf("%s: %v allocations a step", name, allocs)
		}
	}
}

func TestSamplerMistakes(t *testing.T) {
	tests := []struct {
		name  string
		n     int64
		batch int
		want  string
	}{
		{"shufle", 10, 1, `unknown sampler "shufle"; did you mean "shuffle"?`},
		{"lbfgs", 10, 1, `unknown sampler "lbfgs"; known: shuffle, cyclic, replacement, full`},
		{"shuffle", 10, 0, "the batch size is 0; it must be at least 1"},
		{"shuffle", 0, 1, "cannot draw from 0 examples"},
		{"cyclic", 1 << 31, 1, "cannot draw from 2147483648 examples"},
	}
	for _, c := range tests {
		if int64(int(c.n)) != c.n {
			continue // no int of this processor
		}
		_, err := SamplerByName(c.name, int(c.n), c.batch, 1)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s n %d batch %d: error %v, want %q", c.name, c.n, c.batch, err, c.want)
		}
	}
	for _, name := range SamplerNames() {
		if SamplerDoc(name) == "" {
			t.Errorf("%s has no doc", name)
		}
	}
}

func BenchmarkShuffle(b *testing.B) {
	s := mustSampler(b, "shuffle", 60000, 128, 1)
	dst := make([]int32, 128)
	b.ReportAllocs()
	for step := range int64(b.N) {
		s.Batch(step, dst)
	}
}

func BenchmarkPermutation(b *testing.B) {
	order := make([]int32, 60000)
	for e := range b.N {
		identity(order)
		permute(order, 1, drawShuffle, uint64(e))
	}
}
