// Package measure is what the Go peers share: the data, the measurement and the
// way the driver talks to them. It is a module of its own, so that a peer has
// none of descent's dependencies and descent none of a peer's.
//
// A peer measures by the rule of descent's package bench: one run that touches
// the memory, then five blocks of at least 0.2 s each, of which the median counts.
package measure

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

const (
	blocks    = 5
	blockTime = 200 * time.Millisecond

	Examples = 10_000 // pictures in memory, of MNIST's shape
	Windows  = 4096   // of text
	Context  = 64
	symbols  = 65
)

// Work is prepared work.
type Work struct {
	Once    func() error
	Unit    string
	Value   func(seconds float64) float64 // turns the seconds that Once takes into the figure
	Weights int                           // 0 where there are none
	Loss    func() float64                // of the last step, may be nil
}

// Rate is a figure of so many units a second.
func Rate(units float64) func(float64) float64 {
	return func(s float64) float64 { return units / s }
}

// Milliseconds is a figure of time.
func Milliseconds(s float64) float64 { return 1000 * s }

// Hello is what a peer says first.
type Hello struct {
	Peer    string `json:"peer"`
	Version string `json:"version"`
	Detail  string `json:"detail"`
}

type result struct {
	Name    string  `json:"name"`
	Value   float64 `json:"value,omitempty"`
	Unit    string  `json:"unit,omitempty"`
	Threads int     `json:"threads"`
	Took    float64 `json:"took,omitempty"` // seconds, without preparing
	Weights int     `json:"weights,omitempty"`
	Loss    float64 `json:"loss,omitempty"`
	Error   string  `json:"error,omitempty"`
}

// Main is the program of a peer: `peer [--threads N] NAME..` measures the names,
// `peer [--threads N] --serve` those that it reads from stdin, a line each.
// module is the peer's, whose version the build knows; prepare is given a name
// and how many threads there are.
func Main(name, module, detail string, prepare func(name string, threads int) (*Work, error)) {
	threads := flag.Int("threads", 1, "threads of Go, GOMAXPROCS")
	serve := flag.Bool("serve", false, "read names from stdin")
	flag.Parse()
	runtime.GOMAXPROCS(*threads)
	out := json.NewEncoder(os.Stdout)
	os.Stdout = os.Stderr // libraries print as they like; stdout is for answers alone
	say := func(v any) {
		if err := out.Encode(v); err != nil {
			os.Exit(1) // nobody listens any more
		}
	}
	say(Hello{name, version(module), detail})
	prepared := map[string]*Work{}
	for n := range names(*serve, flag.Args()) {
		r := result{Name: n, Threads: *threads}
		if err := r.fill(prepared, prepare); err != nil {
			line, _, _ := strings.Cut(err.Error(), "\n")
			r = result{Name: n, Threads: *threads, Error: line}
		}
		say(r)
	}
}

func names(serve bool, args []string) func(func(string) bool) {
	if !serve {
		return slices.Values(args)
	}
	return func(yield func(string) bool) {
		for s := bufio.NewScanner(os.Stdin); s.Scan() && yield(strings.TrimSpace(s.Text())); {
		}
	}
}

// fill measures. Libraries of graphs panic on what they cannot do: that is one
// missing figure, and the next one is still to be had.
func (r *result) fill(prepared map[string]*Work, prepare func(string, int) (*Work, error)) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	w := prepared[r.Name]
	if w == nil {
		if w, err = prepare(r.Name, r.Threads); err != nil {
			return err
		}
		prepared[r.Name] = w
	}
	start := time.Now()
	seconds, err := median(w.Once)
	if err != nil {
		return err
	}
	r.Took = time.Since(start).Seconds()
	r.Value, r.Unit, r.Weights = w.Value(seconds), w.Unit, w.Weights
	if w.Loss != nil {
		r.Loss = w.Loss()
	}
	return nil
}

func median(once func() error) (float64, error) {
	n := 1
	for range 2 {
		start := time.Now()
		if err := once(); err != nil {
			return 0, err
		}
		n = int(blockTime/max(1, time.Since(start))) + 1
	}
	var seconds []float64
	for range blocks {
		start := time.Now()
		for range n {
			if err := once(); err != nil {
				return 0, err
			}
		}
		seconds = append(seconds, time.Since(start).Seconds()/float64(n))
	}
	slices.Sort(seconds)
	return seconds[blocks/2], nil
}

// version is that of a module in this build.
func version(module string) string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, d := range info.Deps {
			if d.Path == module {
				return d.Version
			}
		}
	}
	return "unknown"
}

func hash(i int) uint32 { return uint32(i) * 2654435761 }

// Digits is pictures and labels as in descent's bench/training.go.
func Digits() (images []uint8, labels []int32) {
	images, labels = make([]uint8, Examples*784), make([]int32, Examples)
	for i := range images {
		images[i] = byte(hash(i) >> 24)
	}
	for i := range labels {
		labels[i] = int32(i % 10)
	}
	return images, labels
}

// Scale is the mean and the reciprocal deviation of all pixels.
func Scale(images []uint8) (mean, inverse float64) {
	var sum, squares float64
	for _, p := range images {
		sum += float64(p)
		squares += float64(p) * float64(p)
	}
	n := float64(len(images))
	mean = sum / n
	return mean, 1 / math.Sqrt(squares/n-mean*mean)
}

// Text is windows of symbols, and the symbols that follow them, as in descent's bench/training.go.
func Text() (xs, ys []int32) {
	xs, ys = make([]int32, Windows*Context), make([]int32, Windows*Context)
	at := uint32(1)
	for i := range xs {
		xs[i] = int32(at >> 16 % symbols)
		at = at*1664525 + 1013904223
		ys[i] = int32(at >> 16 % symbols)
	}
	return xs, ys
}

// Ramp is numbers of both signs around 0, none of them subnormal.
func Ramp(n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(float64((i*2654435761)%1009)/1009 - 0.5)
	}
	return x
}

// Batches gives row numbers without replacement, in a new order after every pass.
type Batches struct {
	size, at int
	random   *rand.Rand
	rows     []int32
}

// NewBatches gives batches of that size out of so many examples.
func NewBatches(examples, size int) *Batches {
	b := &Batches{size: size, at: examples, random: rand.New(rand.NewPCG(1, 1)), rows: make([]int32, examples)}
	for i := range b.rows {
		b.rows[i] = int32(i)
	}
	return b
}

// Next is the rows of the next batch, valid until the one after the pass.
func (b *Batches) Next() []int32 {
	if b.at+b.size > len(b.rows) {
		b.random.Shuffle(len(b.rows), func(i, j int) { b.rows[i], b.rows[j] = b.rows[j], b.rows[i] })
		b.at = 0
	}
	b.at += b.size
	return b.rows[b.at-b.size : b.at]
}
