// Command run measures descent bench's fixed networks here and in other
// libraries, in turn and in one sitting, and prints the ratios as Markdown:
//
//	bench/peers/install                    # PyTorch and JAX, once
//	go run ./bench/peers/run               # everything that is installed; an hour
//	go run ./bench/peers/run --peers torch,jax --rounds 1 mlp_adam sgemm1024
//	go run ./bench/peers/run --raw figures.jsonl; go run ./bench/peers/run --from figures.jsonl
//
// A round measures every figure once, descent's right before the others', each
// the median of five blocks; the table shows the medians of the rounds. Peers
// are processes of their own that live for the whole run and sleep in between.
// A figure that takes half a minute, without compilation, is measured in one round only.
// What a library lacks or cannot do is said below the tables.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// figures are what is compared, in the order of the tables; the machine's own come first.
var figures = []string{
	"mlp_adam", "mlp_momentum", "wide_adam", "cnn_adam", "charlm_adamw", "adam10m", "gradient512", "hvp512",
	"sgemm128", "sgemm256", "sgemm512", "sgemm1024", "sgemm2048",
}

var machineFigures = []string{"fmapeak", "copy"}

// record is one line of a raw file: a figure, or what a peer said of itself.
type record struct {
	Peer    string  `json:"peer"`
	Title   string  `json:"title,omitempty"` // of the peer, then there is no figure
	Note    string  `json:"note,omitempty"`
	Machine string  `json:"machine,omitempty"`
	Round   int     `json:"round,omitempty"`
	Name    string  `json:"name,omitempty"`
	Threads int     `json:"threads,omitempty"`
	Value   float64 `json:"value,omitempty"`
	Unit    string  `json:"unit,omitempty"`
	Weights int     `json:"weights,omitempty"`
	Took    float64 `json:"took,omitempty"` // seconds, without preparing
	Error   string  `json:"error,omitempty"`
}

type options struct {
	names    []string
	threads  []int
	peers    []string
	rounds   int
	envs     string
	timeout  time.Duration
	raw      string
	from     string
	progress io.Writer
}

func main() {
	o, err := parse(os.Args[1:])
	if err == nil {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
		err = o.run(ctx, os.Stdout)
		stop()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "run:", err)
		os.Exit(1)
	}
}

func parse(args []string) (*options, error) {
	o := &options{progress: os.Stderr}
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil, err
	}
	f := flag.NewFlagSet("run", flag.ContinueOnError)
	threads := f.String("threads", "", "numbers of threads, such as 1,2 (default 1 and one for each CPU)")
	peers := f.String("peers", strings.Join(keys(), ","), "libraries to compare with")
	f.IntVar(&o.rounds, "rounds", 3, "times that every figure is measured")
	f.StringVar(&o.envs, "envs", filepath.Join(cache, "descent-peers"), "`folder` where bench/peers/install put the Python libraries")
	f.DurationVar(&o.timeout, "timeout", 10*time.Minute, "longest time for one figure, compilation included")
	f.StringVar(&o.raw, "raw", "", "`file` that takes every figure, a JSON object a line")
	f.StringVar(&o.from, "from", "", "measure nothing: print the tables of a `file` that --raw wrote")
	if err := f.Parse(args); err != nil {
		return nil, err
	}
	if *threads == "" {
		*threads = "1"
		if n := runtime.NumCPU(); n > 1 {
			*threads += "," + strconv.Itoa(n)
		}
	}
	for _, t := range strings.Split(*threads, ",") {
		n, err := strconv.Atoi(t)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("--threads: %q is no number of threads", t)
		}
		o.threads = append(o.threads, n)
	}
	for _, k := range strings.Split(*peers, ",") {
		if !slices.Contains(keys(), k) {
			return nil, fmt.Errorf("--peers: no %q; known: %s", k, strings.Join(keys(), ", "))
		}
		o.peers = append(o.peers, k)
	}
	if o.rounds < 1 {
		return nil, fmt.Errorf("--rounds: %d; want one at least", o.rounds)
	}
	o.names = f.Args()
	if len(o.names) == 0 {
		o.names = figures
	}
	for _, n := range o.names {
		if !slices.Contains(figures, n) {
			return nil, fmt.Errorf("no figure %q; known: %s", n, strings.Join(figures, ", "))
		}
	}
	return o, nil
}

func (o *options) run(ctx context.Context, out io.Writer) error {
	var all []record
	var err error
	if o.from != "" {
		all, err = read(o.from)
	} else {
		all, err = o.measure(ctx)
	}
	if err != nil {
		return err
	}
	_, err = io.WriteString(out, markdown(all))
	return err
}

func read(path string) ([]record, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var all []record
	s := bufio.NewScanner(f)
	for s.Scan() {
		var r record
		if err := json.Unmarshal(s.Bytes(), &r); err != nil {
			return nil, fmt.Errorf("%s, line %d: %w", path, len(all)+1, err)
		}
		all = append(all, r)
	}
	return all, s.Err()
}

// log keeps records and writes them to the raw file as they come.
type log struct {
	all []record
	raw *os.File
}

func (l *log) add(r record) error {
	l.all = append(l.all, r)
	if l.raw == nil {
		return nil
	}
	return json.NewEncoder(l.raw).Encode(r)
}

func (o *options) measure(ctx context.Context) ([]record, error) {
	l := &log{}
	if o.raw != "" {
		f, err := os.Create(o.raw)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		l.raw = f
	}
	h, err := newHouse(ctx, o)
	if err != nil {
		return nil, err
	}
	defer h.close()
	for _, r := range h.introduce() {
		if err := l.add(r); err != nil {
			return nil, err
		}
	}
	for round := 1; round <= o.rounds; round++ {
		for _, threads := range o.threads {
			for _, name := range slices.Concat(machineFigures, o.names) {
				for _, p := range h.peers {
					if slices.Contains(machineFigures, name) && p.key != ours {
						continue
					}
					r, asked := h.ask(ctx, p, name, threads)
					if err := ctx.Err(); err != nil {
						return nil, err
					}
					if !asked {
						continue
					}
					r.Round = round
					o.tell(r)
					if err := l.add(r); err != nil {
						return nil, err
					}
				}
			}
		}
	}
	return l.all, l.add(record{Peer: ours, Machine: "load at the end " + load()})
}

func (o *options) tell(r record) {
	what := fmt.Sprintf("%.4g %s", r.Value, r.Unit)
	if r.Error != "" {
		what = r.Error
	}
	fmt.Fprintf(o.progress, "%d/%d  %-13s %d  %-14s %s\n", r.Round, o.rounds, r.Name, r.Threads, r.Peer, what)
}
