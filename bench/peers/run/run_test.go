package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestMain makes the test binary a peer too, that behaves as the variable says.
func TestMain(m *testing.M) {
	switch os.Getenv("PEER") {
	case "":
		os.Exit(m.Run())
	case "broken":
		fmt.Fprintln(os.Stderr, "ImportError: no module")
		os.Exit(1)
	}
	fmt.Println(`{"peer":"test","version":"v1.2+cpu","detail":"for tests"}`)
	for s := bufio.NewScanner(os.Stdin); s.Scan(); {
		switch s.Text() {
		case "sgemm128":
			fmt.Println(`{"name":"sgemm128","value":50,"unit":"GFLOP/s","threads":1}`)
		case "sgemm256":
			fmt.Println(`{"name":"sgemm256","value":1,"unit":"GFLOP/s","threads":1,"took":40}`)
		case "hvp512":
			fmt.Println(`{"name":"hvp512","threads":1,"error":"has no second derivatives"}`)
		case "mlp_adam":
			time.Sleep(time.Hour)
		case "wide_adam":
			fmt.Fprintln(os.Stderr, "panic: at /home/someone/lib/x.go:3 it broke\n\ngoroutine 1:")
			os.Exit(2)
		}
	}
}

// TestPeers: a peer answers, refuses, hangs, dies and comes back.
func TestPeers(t *testing.T) {
	h := &house{o: &options{threads: []int{1}, timeout: 200 * time.Millisecond, progress: io.Discard}}
	self := func(mode string) kind {
		return kind{"test", "Test %s", func(_ *house, p *peer) error {
			p.command, p.env = []string{os.Args[0]}, append(p.env, "PEER="+mode)
			return nil
		}}
	}
	p := h.start(self("works"))
	h.peers = []*peer{p}
	defer h.close()
	if p.missing || p.title != "Test 1.2" || p.note != "for tests" {
		t.Fatalf("%+v", p)
	}
	ask := func(name string) (record, bool) { return h.ask(context.Background(), p, name, 1) }
	for _, c := range []struct {
		name, err string
		value     float64
	}{
		{"sgemm128", "", 50},
		{"hvp512", "has no second derivatives", 0},
		{"mlp_adam", "not done after 200ms", 0},
		{"sgemm128", "", 50}, // in a new process
		{"sgemm256", "", 1},  // slowly
		{"wide_adam", "panic: at x.go:3 it broke", 0},
		{"sgemm128", "", 50},
	} {
		if r, asked := ask(c.name); !asked || r.Value != c.value || r.Error != c.err {
			t.Errorf("%s: %+v, %v", c.name, r, asked)
		}
	}
	for _, name := range []string{"hvp512", "mlp_adam", "wide_adam", "sgemm256"} {
		if _, asked := ask(name); asked {
			t.Errorf("%s was asked again", name)
		}
	}
	if p := h.start(self("broken")); !p.missing || p.note != "left out: ImportError: no module" || p.title != "Test" {
		t.Errorf("%+v", p)
	}
}

// TestTable: medians, ratios of speeds and of times, what is missing, nets of different sizes.
func TestTable(t *testing.T) {
	figure := func(peer, name string, threads, round int, value float64, unit string, weights int) record {
		return record{Peer: peer, Name: name, Threads: threads, Round: round, Value: value, Unit: unit, Weights: weights}
	}
	all := []record{
		{Peer: ours, Machine: "a processor"},
		{Peer: ours, Title: "descent"},
		{Peer: "a", Title: "Library 1.2", Note: "as shipped"},
		{Peer: "b", Title: "Other 3", Note: "left out: no compiler", Error: "left out: no compiler"},
		figure(ours, "fmapeak", 1, 1, 200, "GFLOP/s", 0), figure(ours, "copy", 1, 1, 20, "GB/s", 0),
		figure(ours, "mlp_adam", 1, 1, 900, "steps/s", 0), figure(ours, "mlp_adam", 1, 2, 1000, "steps/s", 0), figure(ours, "mlp_adam", 1, 3, 1200, "steps/s", 0),
		figure(ours, "mlp_adam", 2, 1, 1500, "steps/s", 0),
		figure("a", "mlp_adam", 1, 1, 500, "steps/s", 10), figure("a", "mlp_adam", 2, 1, 400, "steps/s", 10),
		figure("c", "mlp_adam", 2, 1, 400, "steps/s", 12),
		figure(ours, "hvp512", 1, 1, 10, "ms", 0), figure("a", "hvp512", 1, 1, 35, "ms", 0),
		{Peer: "a", Name: "cnn_adam", Threads: 1, Round: 1, Error: "no convolutions"},
		{Peer: "a", Name: "cnn_adam", Threads: 2, Round: 1, Error: "no convolutions"},
		figure(ours, "cnn_adam", 1, 1, 0.5, "steps/s", 0),
	}
	got := markdown(all)
	for _, want := range []string{
		"Machine: a processor. One thread: fmapeak 200 GFLOP/s, copy 20.0 GB/s.\nMedians of 3 rounds, in which all took turns; between the rounds figures differ by 30% (median) and 30% (most).",
		"- Library 1.2: as shipped\n- Other 3: left out: no compiler\n",
		"### Best number of threads of each\n\n| | unit | descent | Library 1.2 |\n|---|---|---:|---:|\n| mlp_adam | steps/s | 1500 | 500 (3.0×) |\n| hvp512 | ms | 10.0 | 35.0 (3.5×) |\n| cnn_adam | steps/s | 0.500 | – |\n",
		"### One thread\n\n| | unit | descent | Library 1.2 |\n|---|---|---:|---:|\n| mlp_adam | steps/s | 1000 | 500 (2.0×) |\n",
		"### 2 threads\n\n| | unit | descent | Library 1.2 |\n|---|---|---:|---:|\n| mlp_adam | steps/s | 1500 | 400 (3.8×) |\n| hvp512 | ms | – | – |\n",
		"- Library 1.2, cnn_adam: no convolutions\n",
		"- mlp_adam is not one net: numbers of weights map[10:[a] 12:[c]]\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no\n%s\nin\n%s", want, got)
		}
	}
}

// TestRaw: a raw file gives the table that the run gave.
func TestRaw(t *testing.T) {
	path := filepath.Join(t.TempDir(), "raw")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	l := &log{raw: f}
	for _, r := range []record{{Peer: ours, Title: "descent", Note: "n"}, {Peer: ours, Name: "copy", Threads: 2, Round: 1, Value: 1.5, Unit: "GB/s"}} {
		if err := l.add(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	o, err := parse([]string{"--from", path})
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := o.run(context.Background(), &out); err != nil || out.String() != markdown(l.all) {
		t.Errorf("%v, %s", err, out.String())
	}
}

func TestMistakes(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"--threads 1,x", `--threads: "x" is no number of threads`},
		{"--peers torch,tf", `--peers: no "tf"; known: torch, torch-compile, jax, gomlx, gomlx-simd, gorgonia, gonum`},
		{"--rounds 0", "--rounds: 0; want one at least"},
		{"mlp_adm", `no figure "mlp_adm"`},
	} {
		if _, err := parse(strings.Fields(c.args)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.args, err)
		}
	}
	for in, want := range map[string]string{
		"open /home/a/b/c.txt: no":            "open c.txt: no",
		"github.com/gomlx/gomlx/ml: op":       "github.com/gomlx/gomlx/ml: op",
		`cannot read "/usr/lib/python3/x.py"`: `cannot read "x.py"`,
	} {
		if got := oneLine(errors.New(in)); got != want {
			t.Errorf("%q gives %q, want %q", in, got, want)
		}
	}
}
