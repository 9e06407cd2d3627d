package data

import (
	"slices"
	"testing"
)

// A stream with another seed takes what a new one of that seed would, wherever it was.
func TestStreamRestart(t *testing.T) {
	for _, limit := range []int64{1 << 20, 3000} {
		begin := func(seed uint64) *Stream {
			s, err := NewStream(numbered(300), StreamOptions{Batch: 7, Seed: seed, MaxBytes: limit})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(s.Close)
			return s
		}
		one := begin(1)
		for step := range int64(20) {
			taken(t, one, step)
		}
		for _, seed := range []uint64{2, 2, 1, 3} {
			one.Restart(seed)
			other := begin(seed)
			for step := range int64(60) {
				if got, want := taken(t, one, step), taken(t, other, step); !slices.Equal(got, want) {
					t.Fatalf("%d bytes, seed %d, step %d: %v, want %v", limit, seed, step, got, want)
				}
			}
			if first, since := one.Waited(); first <= 0 || (since > 0) != (limit == 3000) {
				t.Errorf("waited %v and %v", first, since)
			}
		}
	}
}
