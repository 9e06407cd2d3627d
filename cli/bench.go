package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/godescent/descent/bench"
	"github.com/godescent/descent/program"
)

// benchFlags are the flags of bench, and what they say once they are judged.
type benchFlags struct {
	list, profile, json, quiet     bool
	threadsText, kernelText, pText textValue

	threads   int
	kernel    string
	precision program.Precision
}

func (a *app) benchCommand() *cobra.Command {
	f := benchFlags{threadsText: textValue{kind: "n"}, kernelText: textValue{kind: "name"}, pText: textValue{kind: "name", text: "float32"}}
	var names []string
	for _, b := range bench.All() {
		names = append(names, b.Name)
	}
	c := &cobra.Command{
		Use:   "bench [NAME...]",
		Short: "Measure training steps, products and the machine itself",
		Long: `Measure fixed work, the median of five blocks each: whole training steps, updates,
derivatives, products, and what the machine can do at best. Without names all of
it, which takes minutes; --list says what there is. Leave the machine alone meanwhile.
With --precision bf16, blocks in float32 take turns with those in bf16.

With --profile: where the time goes, by instruction. See docs/performance.md.`,
		Example: `  descent bench mlp_adam --threads 2
  descent bench fmapeak sgemm512 copy adam10m --json
  descent bench sgemm1024 charlm_adamw --precision bf16 --threads 1
  descent bench --profile charlm_adamw`,
		ValidArgs: names,
		RunE: func(_ *cobra.Command, args []string) error {
			all, err := bench.Lookup(args...)
			if err != nil {
				return fmt.Errorf("bench: %w", err)
			}
			if err := a.judge(&f); err != nil {
				return err
			}
			switch {
			case f.list:
				return failed(a.listBench(all, f.json))
			case f.profile && len(args) == 0:
				return errors.New("bench --profile: of what? give it a name, such as mlp_adam; descent bench --list says which there are")
			case f.profile:
				return a.profileBench(all, &f)
			}
			return a.runBench(all, &f)
		},
	}
	c.Flags().Var(&f.threadsText, "threads", "0 is one for each CPU")
	c.Flags().Var(&f.kernelText, "kernel", "instruction set; the fastest if left out")
	c.Flags().Var(&f.pText, "precision", "of what matrix products and convolutions read: float32 or bf16")
	c.Flags().BoolVar(&f.json, "json", false, "print one JSON object a line")
	c.Flags().BoolVar(&f.list, "list", false, "say what there is to measure, and measure nothing")
	c.Flags().BoolVar(&f.profile, "profile", false, "show where the time of a step goes")
	c.Flags().BoolVar(&f.quiet, "quiet", false, "no progress")
	return c
}

// judge reads the flags that were given as text.
func (a *app) judge(f *benchFlags) (err error) {
	if f.threads, err = threadCount(f.threadsText.text); err != nil {
		return err
	}
	switch f.kernel = f.kernelText.text; f.kernel {
	case "", "auto":
		f.kernel, err = a.environmentKernel()
	default:
		if err = checkKernel(f.kernel); err != nil {
			err = fmt.Errorf("--kernel: %w", err)
		}
	}
	if err != nil {
		return err
	}
	if f.precision, err = program.ParsePrecision(f.pText.text); err != nil {
		return fmt.Errorf("--precision: %w", err)
	}
	return nil
}

func threadCount(text string) (int, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > 4096 {
		return 0, fmt.Errorf("--threads: %q is not a whole number in [0,4096]", text)
	}
	return n, nil
}

// benchDoc is a benchmark as bench --list --json prints it.
type benchDoc struct {
	Name string `json:"name"`
	Unit string `json:"unit"`
	Doc  string `json:"doc"`
}

func (a *app) listBench(all []bench.Bench, asJSON bool) error {
	var rows [][]string
	for _, b := range all {
		if asJSON {
			if err := a.printJSON(benchDoc{b.Name, b.Unit, b.Doc}); err != nil {
				return err
			}
			continue
		}
		rows = append(rows, []string{b.Name, b.Unit, b.Doc})
	}
	return a.out.table(rows)
}

// runBench measures and prints one figure after another.
func (a *app) runBench(all []bench.Bench, f *benchFlags) error {
	machine := map[string]bench.Result{} // what has been measured of it
	return a.eachBench(all, f, func(ctx context.Context, b bench.Bench) (func() error, error) {
		r, err := b.Run(ctx, f.threads, f.kernel, f.precision)
		if err != nil {
			return nil, err
		}
		machine[r.Name] = r
		return func() error {
			if f.json {
				return a.printJSON(r)
			}
			line := fmt.Sprintf("%-14s %10.4g %-10s %s, %s%s", r.Name, r.Value, r.Unit, threads(r.Threads), r.Kernel, ofMachine(r, machine))
			if r.BF16 != "" {
				line += fmt.Sprintf(", bf16 by %s: %.2f times as fast as float32 (%.4g)", r.BF16, r.OverFloat32, r.Float32)
			}
			_, err := io.WriteString(a.out, line+"\n")
			return err
		}, nil
	})
}

func threads(n int) string {
	if n == 1 {
		return "1 thread"
	}
	return fmt.Sprintf("%d threads", n)
}

// ofMachine is a figure as a share of what the machine can do, if that was measured.
func ofMachine(r bench.Result, machine map[string]bench.Result) string {
	limit := map[string]string{"GFLOP/s": "fmapeak", "GB/s": "copy"}[r.Unit]
	m, ok := machine[limit]
	if !ok || limit == r.Name || m.Value <= 0 || r.Precision != program.Float32.String() {
		return ""
	}
	return fmt.Sprintf(", %.0f%% of %s", 100*r.Value/m.Value, limit)
}

// eachBench does the work of every benchmark, telling on stderr which one it is
// at, and then prints what the work gives.
func (a *app) eachBench(all []bench.Bench, f *benchFlags, work func(context.Context, bench.Bench) (print func() error, err error)) error {
	ctx, stop := a.untilSignal()
	defer stop()
	for i, b := range all {
		clear := a.at(fmt.Sprintf("%d/%d %s", i+1, len(all), b.Name), f.quiet)
		print, err := work(ctx, b)
		clear()
		switch {
		case errors.Is(err, context.Canceled):
			return &exit{code: ExitInterrupted}
		case err != nil:
			return failed(fmt.Errorf("bench %w", err))
		}
		if err := print(); err != nil {
			return failed(err)
		}
	}
	return nil
}

// at tells on stderr what is being done; on a terminal clear takes it away again.
func (a *app) at(what string, quiet bool) (clear func()) {
	switch {
	case quiet:
		return func() {}
	case !a.err.terminal:
		_, _ = fmt.Fprintln(a.err, what) // a progress that nobody can see stops nothing
		return func() {}
	}
	_, _ = io.WriteString(a.err, what)
	return func() { _, _ = fmt.Fprintf(a.err, "\r%s\r", strings.Repeat(" ", len(what))) }
}

// profileBench shows where the time of steps goes.
func (a *app) profileBench(all []bench.Bench, f *benchFlags) error {
	return a.eachBench(all, f, func(ctx context.Context, b bench.Bench) (func() error, error) {
		p, err := b.Profile(ctx, f.threads, f.kernel, f.precision)
		if err != nil {
			return nil, err
		}
		return func() error {
			if f.json {
				return a.printJSON(p)
			}
			return a.printProfile(p)
		}, nil
	})
}

// longest is how many groups of instructions a profile shows.
const longest = 12

func (a *app) printProfile(p bench.Profile) error {
	sum := 0.0
	for _, s := range p.Kinds() {
		sum += s.Seconds
	}
	_, err := fmt.Fprintf(a.out, "%s, %s, %s, %s: a step takes %s, its instructions %s\nfmapeak %.4g GFLOP/s, copy %.4g GB/s\n\n",
		p.Name, threads(p.Threads), p.Kernel, p.Precision, brief(p.Step), brief(sum), p.Peak, p.Copy)
	if err != nil {
		return err
	}
	// columns are the same for kinds and for groups.
	columns := func(s bench.Share) []string {
		speed, of := pace(s, &p)
		return []string{strconv.Itoa(s.Instructions), brief(s.Seconds), fmt.Sprintf("%.1f%%", 100*s.Seconds/sum), speed, of}
	}
	rows := [][]string{{"kind", "times", "time", "share", "speed", "of the machine"}}
	for _, s := range p.Kinds() {
		rows = append(rows, append([]string{string(s.Kind)}, columns(s.Share)...))
	}
	if err := a.out.table(append(rows, nil)); err != nil {
		return err
	}
	rows = [][]string{{"the longest", "layer", "times", "time", "share", "speed", "of the machine", "asked for at"}}
	for i, g := range p.Groups() {
		if i == longest {
			break
		}
		rows = append(rows, append(append([]string{short(g.What, 44), g.Layer}, columns(g.Share)...), g.Place))
	}
	return a.out.table(rows)
}

// pace is how fast arithmetic or memory was used, and which share that is of the machine's best.
func pace(s bench.Share, p *bench.Profile) (speed, of string) {
	switch {
	case s.Flops > 0:
		rate := s.Flops / s.Seconds / 1e9
		if p.Precision == program.Float32.String() { // other operands have another peak
			of = fmt.Sprintf("%.0f%% of fmapeak", 100*rate/p.Peak)
		}
		return fmt.Sprintf("%.1f GFLOP/s", rate), of
	case s.Bytes > 0:
		rate := float64(s.Bytes) / s.Seconds / 1e9
		return fmt.Sprintf("%.1f GB/s", rate), fmt.Sprintf("%.0f%% of copy", 100*rate/p.Copy)
	}
	return "", ""
}

// brief is a time with three digits or four.
func brief(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	switch {
	case d < time.Millisecond:
		return fmt.Sprintf("%.1f µs", seconds*1e6)
	case d < time.Second:
		return fmt.Sprintf("%.2f ms", seconds*1e3)
	}
	return fmt.Sprintf("%.2f s", seconds)
}

// short is a text cut to n characters.
func short(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}
