package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/godescent/descent/internal/suggest"
	"github.com/godescent/descent/minimize"
	"github.com/godescent/descent/objective/functions"
	"github.com/godescent/descent/schedule"
	"github.com/godescent/descent/surface"
	"github.com/godescent/descent/tensor"
)

type traceFlags struct {
	optimizer, schedule, start string
	steps                      int
	float32, json              bool
}

func (a *app) traceCommand() *cobra.Command {
	var f traceFlags
	var names []string
	for _, fn := range a.functions {
		names = append(names, fn.Name)
	}
	c := &cobra.Command{
		Use:   "trace FUNCTION",
		Short: "Follow an optimizer over a function of two variables",
		Long: `Follow an optimizer over a function of two variables, point by point.

The functions: ` + strings.Join(names, ", ") + `.
A trace that leaves the finite numbers ends with the last finite point and exit code 1.`,
		Example: `  descent trace rosenbrock --optimizer adam:lr=0.02 --start -1.2,1 --steps 200
  descent trace ravine --optimizer momentum:lr=0.03,momentum=0.8 --schedule cosine --json
  descent trace rosenbrock --optimizer lbfgs
  descent trace saddle --optimizer sgd:lr=0.01 --start 1,0.001 --float32`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("trace: over which function? one of %s", strings.Join(names, ", "))
			}
			return nil
		},
		ValidArgs: names,
		RunE:      func(_ *cobra.Command, args []string) error { return a.trace(args[0], f) },
	}
	c.Flags().StringVar(&f.optimizer, "optimizer", "sgd:lr=0.001", "rule as `name:key=value,..`; see descent optimizers")
	c.Flags().StringVar(&f.schedule, "schedule", "constant", "of the learning rate, as `name:key=value,..`")
	c.Flags().StringVar(&f.start, "start", "", "first point `x,y` (default the function's usual one)")
	c.Flags().IntVar(&f.steps, "steps", 100, "updates")
	c.Flags().BoolVar(&f.float32, "float32", false, "in float32; default is float64")
	c.Flags().BoolVar(&f.json, "json", false, "print one JSON object")
	return c
}

func (a *app) trace(name string, f traceFlags) error {
	fn, err := a.function(name)
	if err != nil {
		return err
	}
	start, err := pointOf("--start", fn, f.start)
	if err != nil {
		return err
	}
	if f.steps < 0 || f.steps > 10_000_000 {
		return fmt.Errorf("--steps: %d is not a whole number in [0,10000000]", f.steps)
	}
	if minimize.Is(f.optimizer) {
		return a.traceMethod(fn, start, f)
	}
	rule, rate, err := a.tables.Rules.Parse(f.optimizer)
	if err != nil {
		return fmt.Errorf("--optimizer: %w", err)
	}
	sched, err := schedule.Parse(f.schedule, f.steps)
	if err != nil {
		return fmt.Errorf("--schedule: %w", err)
	}
	d := tensor.Float64
	if f.float32 {
		d = tensor.Float32
	}
	kernel, err := a.environmentKernel()
	if err != nil {
		return err
	}
	w, err := surface.NewWalk(fn, rule, sched, f.steps, d, kernel)
	if err != nil {
		return fmt.Errorf("--optimizer: %w", err)
	}
	defer w.Close()
	p, lost := w.Follow(start, rate, f.steps)
	if len(p.Points) == 0 {
		return fmt.Errorf("--start: %s has no finite value at %v", fn.Name, start)
	}
	return a.tellPath(fn, p, d, f, lost)
}

// tellPath prints a path, and why it ended early if it did.
func (a *app) tellPath(fn *functions.Function, p surface.Path, d tensor.DType, f traceFlags, lost error) (err error) {
	if f.json {
		err = a.printJSON(traceJSON{fn.Name, f.optimizer, f.schedule, d.String(), points{p.Points, f.float32}, flat{p.Losses, f.float32}})
	} else {
		err = a.printPath(fn, p)
	}
	if err == nil {
		err = lost
	}
	return failed(err)
}

func (a *app) function(name string) (*functions.Function, error) {
	var names []string
	for _, fn := range a.functions {
		if fn.Name == name {
			return fn, nil
		}
		names = append(names, fn.Name)
	}
	return nil, fmt.Errorf("trace: function %q is unknown; %s", name, suggest.Hint(name, names))
}

// pointOf is the point that a flag gives, or the function's usual start.
func pointOf(flag string, fn *functions.Function, text string) ([]float64, error) {
	if text == "" {
		return fn.Start, nil
	}
	var out []float64
	for part := range strings.SplitSeq(text, ",") {
		x, err := strconv.ParseFloat(strings.TrimSpace(part), 64)
		if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
			return nil, fmt.Errorf("%s: %q is not a finite number; write the point as -1.2,1", flag, part)
		}
		out = append(out, x)
	}
	if len(out) != fn.Dim() {
		return nil, fmt.Errorf("%s: %s has %d numbers and %s has %d variables; write the point as -1.2,1", flag, text, len(out), fn.Name, fn.Dim())
	}
	return out, nil
}

// traceJSON is the object that trace --json prints.
type traceJSON struct {
	Function  string `json:"function"`
	Optimizer string `json:"optimizer"`
	Schedule  string `json:"schedule"`
	DType     string `json:"dtype"`
	Points    points `json:"points"`
	Losses    flat   `json:"losses"`
}

// points and flat are numbers with the digits that give the same number back in
// their type.
type points struct {
	all    [][]float64
	single bool
}

type flat struct {
	all    []float64
	single bool
}

func (p points) MarshalJSON() ([]byte, error) {
	b := []byte{'['}
	for i, x := range p.all {
		if i > 0 {
			b = append(b, ',')
		}
		one, err := flat{x, p.single}.MarshalJSON()
		if err != nil {
			return nil, err
		}
		b = append(b, one...)
	}
	return append(b, ']'), nil
}

func (f flat) MarshalJSON() ([]byte, error) {
	if !f.single {
		return json.Marshal(f.all)
	}
	short := make([]float32, len(f.all))
	for i, x := range f.all {
		short[i] = float32(x)
	}
	return json.Marshal(short)
}

// printPath prints about twenty points of a path, and how far it came.
func (a *app) printPath(fn *functions.Function, p surface.Path) error {
	rows := [][]string{{"step", "x", "y", "E"}}
	every := max(1, (len(p.Points)-1+19)/20)
	for i, w := range p.Points {
		if i%every != 0 && i != len(p.Points)-1 {
			continue
		}
		rows = append(rows, []string{strconv.Itoa(i), fmt.Sprintf("%.6g", w[0]), fmt.Sprintf("%.6g", w[1]), fmt.Sprintf("%.6g", p.Losses[i])})
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s: %s\n", fn.Name, fn.Equation)
	for _, s := range fn.Stationary {
		if s.Kind == functions.Minimum && s.Global {
			fmt.Fprintf(&b, "E = %.6g is its minimum, at %.6g, %.6g\n", s.E, s.At[0], s.At[1])
			break
		}
	}
	if _, err := a.out.Write(b.Bytes()); err != nil {
		return err
	}
	return a.out.table(rows)
}
