package cli

import (
	"context"
	"fmt"
	"math"

	"github.com/spf13/cobra"

	"github.com/godescent/descent/cli/spec"
	"github.com/godescent/descent/train"
)

func (a *app) evaluateCommand() *cobra.Command {
	var asJSON, best bool
	var threads int
	c := &cobra.Command{
		Use:   "evaluate RUN [DATA]",
		Short: "Measure a trained network",
		Long: `Measure the network in a run's folder: on what its specification holds back to
validate and to test, or on DATA, a file or folder like the one it was trained on, with
targets. The normalisation, the categories and what missing cells become are those of
the training.`,
		Example: `  descent evaluate runs/flowers
  descent evaluate runs/flowers new.csv --json
  descent evaluate runs/pets pictures/`,
		Args: between(1, 2, "a run's folder and perhaps data"),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := threadsFlag(threads); err != nil {
				return err
			}
			return a.evaluate(args, best, threads, asJSON)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	c.Flags().BoolVar(&best, "best", false, "the checkpoint with the smallest validation loss instead of the last")
	c.Flags().IntVar(&threads, "threads", 0, "0 is one for each CPU; the result does not depend on it")
	return c
}

// between is the error of too few or too many arguments.
func between(lo, hi int, what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) < lo {
			return fmt.Errorf("%s: it takes %s; see %s --help", c.Name(), what, c.CommandPath())
		}
		return atMost(hi, what)(c, args)
	}
}

// partOf is a part of data with its score.
type partOf struct {
	name  string
	score *train.Score
}

// evaluation is the object that evaluate --json prints.
type evaluation struct {
	Run   string      `json:"run"`
	Data  string      `json:"data"`
	Model string      `json:"model"`
	Step  int64       `json:"step"`
	Parts []partScore `json:"parts"`
}

type partScore struct {
	Part     string   `json:"part"`
	N        int      `json:"n"`
	Loss     *float64 `json:"loss"`
	Accuracy *float64 `json:"accuracy,omitempty"`
	R2       *float64 `json:"r2,omitempty"`
	D2       *float64 `json:"d2,omitempty"`
}

func (a *app) evaluate(args []string, best bool, threads int, asJSON bool) error {
	r, err := a.open("evaluate", args[0], best, threads)
	if err != nil {
		return err
	}
	defer r.Close()
	ctx, stop := a.untilSignal()
	defer stop()
	var all []partOf
	name := ""
	if len(args) == 2 {
		name = args[1]
		all, err = a.evaluateData(ctx, r, args[1])
	} else {
		name, all, err = a.evaluateParts(ctx, r)
	}
	if err != nil {
		return err
	}
	out := evaluation{Run: args[0], Data: name, Model: r.Title, Step: r.saved.Step}
	rows := [][]string{}
	for _, m := range all {
		s := m.score
		out.Parts = append(out.Parts, partScore{m.name, s.N, finite(s.Loss), finite(s.Accuracy), finite(s.R2), finite(s.D2)})
		rows = append(rows, a.scoreRows(m.name, s, unitOf(r.Spec))...)
	}
	if asJSON {
		return failed(a.printJSON(out))
	}
	return failed(a.out.table(rows))
}

func (a *app) evaluateData(ctx context.Context, r *trained, path string) ([]partOf, error) {
	rows, err := r.Read(path, false)
	if err != nil {
		return nil, fmt.Errorf("evaluate: %w", pathless(err))
	}
	defer func() { _ = rows.Close() }() // it was only read
	a.notes(rows.Notes)
	s, err := r.Score(ctx, train.Part{Set: rows.Set, Source: rows.Source})
	return []partOf{{"data", s}}, failed(err)
}

// evaluateParts measures the parts that the run itself held back.
func (a *app) evaluateParts(ctx context.Context, r *trained) (string, []partOf, error) {
	run, err := a.build(r.Spec)
	if err != nil {
		return "", nil, fmt.Errorf("evaluate: the run's data: %w; give evaluate other data", err)
	}
	defer func() { _ = run.Close() }() // it was only read
	if run.Config.Meta[spec.MetaData] != r.saved.Meta[spec.MetaData] {
		return "", nil, fmt.Errorf("evaluate: the data in %s are not those that the run began with; give evaluate other data", run.Name)
	}
	var all []partOf
	add := func(name string, p train.Part) error {
		if p.Len() == 0 {
			return nil
		}
		s, err := r.Score(ctx, p)
		all = append(all, partOf{name, s})
		return failed(err)
	}
	c := run.Config
	for _, p := range []struct {
		name string
		part train.Part
	}{{"test", c.Test}, {"validation", c.Validation}} {
		if err := add(p.name, p.part); err != nil {
			return "", nil, err
		}
	}
	if len(all) == 0 {
		err = add("train", c.Train)
	}
	return run.Name, all, err
}

// scoreRows are the lines of a table that tell a score.
func (a *app) scoreRows(name string, s *train.Score, unit string) [][]string {
	var rows [][]string
	add := func(what, format string, args ...any) {
		rows = append(rows, []string{a.out.paint(dim, name+" "+what), fmt.Sprintf(format, args...)})
	}
	if !math.IsNaN(s.Accuracy) {
		add("accuracy", "%s of %s", a.out.paint(bold, percent(s.Accuracy)), grouped(int64(s.N)))
	}
	if !math.IsNaN(s.R2) {
		add("R²", "%s of %s", a.out.paint(bold, fmt.Sprintf("%.4f", s.R2)), grouped(int64(s.N)))
	}
	if !math.IsNaN(s.D2) {
		add("D²", "%s of %s", a.out.paint(bold, fmt.Sprintf("%.4f", s.D2)), grouped(int64(s.N)))
	}
	add("loss", "%.5f%s", s.Loss, unit)
	return rows
}
