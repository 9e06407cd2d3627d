package program

import "testing"

// share is a task of some units of some nanoseconds, each chunk of which takes more of them to begin.
type share struct{ n, each, anew int }

func (s share) units() int            { return s.n }
func (s share) run(*worker, int, int) {}
func (s share) cost() int             { return s.each }
func (s share) again() int            { return s.anew }

// Chunks are as many as a multiple of the threads, so that none waits for the last one; they are
// few where each repeats work, and one where sharing does not pay.
func TestSplit(t *testing.T) {
	for _, c := range []struct {
		name    string
		threads int
		task    share
		want    int
	}{
		{"one thread", 1, share{1024, 20000, 0}, 1},
		{"too little", 2, share{8, 1000, 0}, 1},
		{"four a thread", 2, share{1024, 20000, 0}, 8},
		{"no more than units", 2, share{2, 20000, 0}, 2},
		{"five units of two threads", 2, share{5, 20000, 0}, 4},
		{"a product of 1024³, which lays out an operand", 2, share{1024, 20971, 262144}, 2},
		{"laying out is all of it", 4, share{1024, 100, 1 << 20}, 4},
		{"six threads", 6, share{13, 20000, 0}, 12},
	} {
		t.Run(c.name, func(t *testing.T) {
			pool := NewPool(c.threads)
			defer pool.Close()
			if got := (&Instance{pool: pool}).split(c.task); got != c.want {
				t.Errorf("%d chunks; want %d", got, c.want)
			}
		})
	}
}
