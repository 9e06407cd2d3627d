package bench

import (
	"crypto/sha256"
	"flag"
	"fmt"
	"testing"
	"time"

	"github.com/godescent/descent/internal/kernel/dispatch"
	"github.com/godescent/descent/program"
)

var long = flag.Bool("long", false, "compare weights over 40 steps of every network, and a minute of generic")

// TestSameWeights: every kernel set, with one thread and with two, has the same
// weights after every step of whole networks. Generic, whose exact multiply-adds are slow,
// goes as far as its time allows.
func TestSameWeights(t *testing.T) {
	for _, c := range []struct {
		name         string
		short, whole int // steps
	}{
		{"mlp_adam", 20, 40}, {"cnn_adam", 2, 40}, {"charlm_adamw", 1, 40},
	} {
		t.Run(c.name, func(t *testing.T) {
			steps, patience := c.short, time.Duration(0)
			if *long {
				steps, patience = c.whole, 20*time.Second
			}
			want := weightsOf(t, c.name, "", 1, steps, time.Hour)
			seen := map[string]bool{}
			for i, sum := range want {
				if seen[sum] {
					t.Fatalf("step %d leaves the weights as they were", i+1)
				}
				seen[sum] = true
			}
			for _, kernel := range dispatch.Names() {
				for threads := 1; threads <= 2; threads++ {
					limit := time.Hour
					if kernel == "generic" {
						if threads == 1 || !*long && c.name != "mlp_adam" {
							continue
						}
						limit = patience
					}
					got := weightsOf(t, c.name, kernel, threads, steps, limit)
					for i, sum := range got {
						if sum != want[i] {
							t.Errorf("%s, %d threads: other weights after step %d", kernel, threads, i+1)
							break
						}
					}
					t.Logf("%-8s %d threads, %d steps: %s", kernel, threads, len(got), got[len(got)-1])
				}
			}
		})
	}
}

// weightsOf is the SHA-256 of the weights after each step, of which there are no more than fit the time.
func weightsOf(t *testing.T, name, kernel string, threads, steps int, limit time.Duration) []string {
	t.Helper()
	list, err := Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	w, _, err := list[0].open(threads, kernel, program.Float32)
	if err != nil {
		t.Fatal(err)
	}
	defer w.close()
	var sums []string
	for start := time.Now(); len(sums) < steps && (len(sums) == 0 || time.Since(start) < limit); {
		if err := w.once(); err != nil {
			t.Fatal(err)
		}
		sums = append(sums, fmt.Sprintf("%x", sha256.Sum256(w.weights.Raw())))
	}
	return sums
}
