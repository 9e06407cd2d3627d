package cli

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/godescent/descent/cli/spec"
	"github.com/godescent/descent/train"
	"github.com/godescent/descent/weights"
)

func (a *app) inspectCommand() *cobra.Command {
	var asJSON bool
	var sets []string
	c := &cobra.Command{
		Use:   "inspect RUN|SPEC.yaml|DATA",
		Short: "Show a network: weights, shapes, work, memory, what its layers do",
		Long: `Show the network of a run's folder as it was trained, or that of a specification as training
would begin: its weights with their mean and spread, the work and memory of a training step, and
for each layer what it gives for up to 256 training examples: mean, spread, the share of zeros,
and dead units, which give the same for every example.

A first spread that shrinks or grows from layer to layer calls for another initialiser; dead
units of a trained network for a smaller learning rate.`,
		Example: `  descent inspect runs/flowers
  descent inspect flowers.yaml --json
  descent inspect mnist --set model.hidden=[512,512,512,512] --set model.activation=sigmoid`,
		Args: between(1, 1, "a run's folder or a specification"),
		RunE: func(_ *cobra.Command, args []string) error { return a.inspect(args[0], sets, asJSON) },
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	c.Flags().StringArrayVar(&sets, "set", nil, "give any key of the specification a value, as `key=value`; again for more")
	return c
}

// inspection is the object that inspect --json prints.
type inspection struct {
	Data    string      `json:"data"`
	Model   string      `json:"model"`
	Trained int64       `json:"trained_steps"`
	Weights int         `json:"weights"`
	Step    stepDoc     `json:"step"`
	Parts   []weightDoc `json:"parts"`
	Layers  []layerDoc  `json:"layers"`
}

type stepDoc struct {
	Batch       int   `json:"batch"`
	FLOPs       int64 `json:"flops"`
	WeightBytes int64 `json:"weight_bytes"`
	StateBytes  int64 `json:"state_bytes"`
	ArenaBytes  int64 `json:"arena_bytes"`
}

type weightDoc struct {
	Name  string   `json:"name"`
	Shape []int    `json:"shape"`
	Role  string   `json:"role"`
	Size  int      `json:"size"`
	Mean  *float64 `json:"mean"`
	Std   *float64 `json:"std"`
}

type layerDoc struct {
	Name  string   `json:"name"`
	Shape []int    `json:"shape"`
	Mean  *float64 `json:"mean"`
	Std   *float64 `json:"std"`
	Zeros *float64 `json:"zeros"`
	Units int      `json:"units"`
	Dead  int      `json:"dead_units"`
}

func (a *app) inspect(name string, sets []string, asJSON bool) error {
	run, saved, err := a.inspected("inspect", name, sets, false)
	if err != nil {
		return err
	}
	defer func() { _ = run.Close() }() // it was only read
	c := run.Config
	c.Out, c.Report = "", nil
	t, err := train.New(c)
	if err != nil {
		return fmt.Errorf("inspect: %w", err)
	}
	defer t.Close()
	plan, err := t.Plan()
	if err != nil {
		return failed(err)
	}
	if saved == nil {
		if saved, err = t.Checkpoint(); err != nil {
			return failed(err)
		}
	}
	m, err := saved.Model(c.Network, train.Machine{Threads: c.Threads, Kernel: c.Kernel, Precision: c.Precision})
	if err != nil {
		return fmt.Errorf("inspect: %w", err)
	}
	defer m.Close()
	layers, err := m.Layers(c.Train)
	if err != nil {
		return failed(err)
	}
	d := inspection{Data: run.Name, Model: run.Title, Trained: saved.Step, Weights: c.Network.Plan.Weights.Size(), Step: stepDoc(plan)}
	stats := m.WeightStatistics()
	for _, v := range c.Network.Plan.Weights.Views() {
		s := stats[v.Name]
		d.Parts = append(d.Parts, weightDoc{v.Name, v.Shape, role(v.Role), v.Size(), finite(s.Mean), finite(s.Std)})
	}
	for _, l := range layers {
		d.Layers = append(d.Layers, layerDoc{l.Name, l.Shape, finite(l.Output.Mean), finite(l.Output.Std), finite(l.Output.Zeros), l.Units, l.Dead})
	}
	if asJSON {
		return failed(a.printJSON(d))
	}
	return failed(a.showInspection(d))
}

func role(r weights.Role) string { return r.String() }

// inspected is the run that is meant, and its checkpoint if it is a folder.
func (a *app) inspected(command, name string, sets []string, best bool) (*spec.Run, *train.Checkpoint, error) {
	kernel, err := a.environmentKernel()
	if err != nil {
		return nil, nil, err
	}
	var s *spec.Spec
	var saved *train.Checkpoint
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		if len(sets) > 0 {
			return nil, nil, fmt.Errorf("--set %s: the run in %s is as it was trained; %s its %s to change it", sets[0], name, command, SpecName)
		}
		r, err := a.open(command, name, best, 1)
		if err != nil {
			return nil, nil, err
		}
		r.Close()
		s, saved = r.Spec, r.saved
	} else {
		doc, err := a.document([]string{name}, trainFlags{}, false)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", command, trimmed(err, "train: "))
		}
		if err := applySets(doc, sets); err != nil {
			return nil, nil, err
		}
		if s, err = doc.Spec(); err != nil {
			return nil, nil, err
		}
	}
	run, err := a.build(s)
	if err != nil {
		return nil, nil, err
	}
	if run.Config.Kernel == "" {
		run.Config.Kernel = kernel
	}
	if saved != nil && run.Config.Meta[spec.MetaData] != saved.Meta[spec.MetaData] {
		_ = run.Close() // it was only read
		return nil, nil, fmt.Errorf("%s: the data in %s are not those that the run began with", command, run.Name)
	}
	return run, saved, nil
}

// trimmed is an error without the name of another command in front.
func trimmed(err error, prefix string) error {
	return fmt.Errorf("%s", strings.TrimPrefix(err.Error(), prefix))
}

func (a *app) showInspection(d inspection) error {
	head := func(names ...string) []string {
		for i := range names {
			names[i] = a.out.paint(dim, names[i])
		}
		return names
	}
	when := "before training"
	if d.Trained > 0 {
		when = "after " + grouped(d.Trained) + " steps"
	}
	_, err := fmt.Fprintf(a.out, "%s: %s, %s weights, %s\n", d.Data, a.out.paint(bold, d.Model), grouped(int64(d.Weights)), when)
	if err != nil {
		return err
	}
	s := d.Step
	_, err = fmt.Fprintf(a.out, "a step of batch %d: %s in products; memory %s of weights, %s of the optimizer and running statistics, %s of intermediate values\n\n",
		s.Batch, flopsText(s.FLOPs), bytesText(s.WeightBytes), bytesText(s.StateBytes), bytesText(s.ArenaBytes))
	if err != nil {
		return err
	}
	rows := [][]string{head("weight", "shape", "numbers", "role", "mean", "std")}
	for _, p := range d.Parts {
		rows = append(rows, []string{p.Name, shapeText(p.Shape), grouped(int64(p.Size)), p.Role, short4(p.Mean), short4(p.Std)})
	}
	if err := a.out.table(rows); err != nil {
		return err
	}
	if _, err := fmt.Fprintln(a.out); err != nil {
		return err
	}
	rows = [][]string{head("layer", "output", "mean", "std", "zeros", "dead units")}
	for _, l := range d.Layers {
		zeros := "-"
		if l.Zeros != nil {
			zeros = percent(*l.Zeros)
		}
		rows = append(rows, []string{l.Name, shapeText(l.Shape), short4(l.Mean), short4(l.Std), zeros, fmt.Sprintf("%d of %d", l.Dead, l.Units)})
	}
	return a.out.table(rows)
}

func short4(x *float64) string {
	if x == nil {
		return "not finite"
	}
	return fmt.Sprintf("%.4g", *x)
}

func shapeText(s []int) string {
	return strings.ReplaceAll(strings.Trim(fmt.Sprint(s), "[]"), " ", "×")
}

func flopsText(n int64) string {
	for _, u := range []struct {
		size int64
		name string
	}{{1e12, "TFLOP"}, {1e9, "GFLOP"}, {1e6, "MFLOP"}, {1e3, "kFLOP"}} {
		if n >= u.size {
			return fmt.Sprintf("%.3g %s", float64(n)/float64(u.size), u.name)
		}
	}
	return fmt.Sprintf("%d FLOP", n)
}

func bytesText(n int64) string {
	for _, u := range []struct {
		size int64
		name string
	}{{1 << 30, "GiB"}, {1 << 20, "MiB"}, {1 << 10, "KiB"}} {
		if n >= u.size {
			return fmt.Sprintf("%.3g %s", float64(n)/float64(u.size), u.name)
		}
	}
	return fmt.Sprintf("%d bytes", n)
}
