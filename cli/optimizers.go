package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/godescent/descent/minimize"
	"github.com/godescent/descent/optim"
)

// hyperDoc is a hyper-parameter as optimizers --json prints it.
type hyperDoc struct {
	Name    string `json:"name"`
	Symbol  string `json:"symbol"`
	Default any    `json:"default"`
	Range   string `json:"range"`
	Scale   string `json:"scale,omitempty"`
	Doc     string `json:"doc"`
}

type formDoc struct {
	Name     string `json:"name"`
	Equation string `json:"equation"`
	Latex    string `json:"latex"`
	Differs  string `json:"differs"`
}

// ruleDoc is an optimizer as optimizers --json prints it.
type ruleDoc struct {
	Name      string     `json:"name"`
	Equation  string     `json:"equation"`
	Latex     string     `json:"latex"`
	State     []string   `json:"state"`            // its keys in a checkpoint
	PerWeight int        `json:"state_per_weight"` // numbers that are remembered for each weight
	Hyper     []hyperDoc `json:"hyperparameters"`
	Forms     []formDoc  `json:"forms"`
	Reference string     `json:"reference"`
	Differs   string     `json:"differs,omitempty"` // from PyTorch's and Optax's rules of the name
	AtZero    string     `json:"at_zero,omitempty"` // what a zero gradient does to w, if it moves it
	// Bytes of state and FLOPs of an update for each weight of a 256 × 256 layer in float32, and what passes it asks for.
	Bytes     float64 `json:"state_bytes_per_weight"`
	Flops     float64 `json:"flops_per_weight"`
	Gradients int     `json:"gradients"`
	Losses    int     `json:"losses"`
	HVPs      int     `json:"hvps"`
	update    string  // that in words
	// Cost is what a step takes of a method that decides on the host, which searches the length of its steps.
	Cost string `json:"cost,omitempty"`
}

func (a *app) optimizersCommand() *cobra.Command {
	var asJSON bool
	var names []string
	for _, e := range a.tables.Rules {
		names = append(names, e.Name)
	}
	names = append(names, minimize.Names()...)
	c := &cobra.Command{
		Use:   "optimizers [NAME]",
		Short: "Show the optimizers: equations, state, hyper-parameters, references",
		Example: `  descent optimizers
  descent optimizers nesterov
  descent optimizers --json`,
		Args:      atMost(1, "at most one name"),
		ValidArgs: names,
		RunE: func(_ *cobra.Command, args []string) error {
			rules, methods := a.tables.Rules, minimize.All()
			if len(args) == 1 {
				e, err := rules.Lookup(args[0])
				i := slices.Index(minimize.Names(), args[0])
				switch {
				case i >= 0:
					rules, methods = nil, methods[i:i+1]
				case err != nil:
					return err
				default:
					rules, methods = optim.Table{e}, nil
				}
			}
			docs := []ruleDoc{}
			for _, e := range rules {
				d, err := a.describe(e)
				if err != nil {
					return err
				}
				docs = append(docs, d)
			}
			for _, e := range methods {
				d, err := describeMethod(e)
				if err != nil {
					return err
				}
				docs = append(docs, d)
			}
			switch {
			case asJSON && len(args) == 1:
				return failed(a.printJSON(docs[0]))
			case asJSON:
				return failed(a.printJSON(docs))
			case len(args) == 1:
				return failed(a.oneRule(docs[0]))
			}
			return failed(a.allRules(docs))
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print a JSON array, or with NAME an object")
	return c
}

func (a *app) describe(e optim.Entry) (ruleDoc, error) {
	d := ruleDoc{Name: e.Name, Equation: e.Equation, Latex: e.Latex, Reference: e.Reference, State: []string{}, Forms: []formDoc{}}
	rule := e.New()
	perWeight, keys, err := optim.State(rule)
	if err != nil {
		return d, fmt.Errorf("optimizer %s: %w", e.Name, err)
	}
	d.PerWeight, d.State = perWeight, append(d.State, keys...)
	cost, err := optim.CostOf(rule)
	if err != nil {
		return d, fmt.Errorf("optimizer %s: %w", e.Name, err)
	}
	d.Bytes, d.Flops, d.Gradients, d.Losses, d.HVPs, d.update = cost.Bytes, cost.Flops, cost.Gradients, cost.Losses, cost.HVPs, cost.String()
	d.Differs, d.AtZero = e.Differs, e.AtZero
	d.Hyper = []hyperDoc{{"lr", "η", e.DefaultLR, "(0,inf)", "log", "learning rate"}}
	infos, err := a.tables.Rules.Describe(rule)
	if err != nil {
		return d, fmt.Errorf("optimizer %s: %w", e.Name, err)
	}
	for _, h := range infos {
		d.Hyper = append(d.Hyper, hyperDoc{h.Name, h.Symbol, h.Default, h.Range, h.Scale, h.Doc})
	}
	for _, f := range e.Forms {
		d.Forms = append(d.Forms, formDoc{f.Name, f.Equation, f.Latex, f.Differs})
	}
	return d, nil
}

// describeMethod is a method that decides on the host.
func describeMethod(e minimize.Entry) (ruleDoc, error) {
	d := ruleDoc{
		Name: e.Name, Equation: e.Equation, Latex: e.Latex, Reference: e.Reference, Cost: e.Cost,
		State: []string{}, Forms: []formDoc{}, Hyper: []hyperDoc{},
	}
	infos, err := e.New().Describe()
	for _, h := range infos {
		d.Hyper = append(d.Hyper, hyperDoc{Name: h.Name, Symbol: h.Symbol, Default: h.Default, Range: h.Range, Doc: h.Doc})
	}
	return d, err
}

func (d ruleDoc) state() string {
	if d.Cost != "" {
		return d.Cost + " (all of the data is one step's)"
	}
	switch d.PerWeight {
	case 0:
		return "none"
	case 1:
		return "1 number a weight (" + strings.Join(d.State, ", ") + ")"
	}
	return fmt.Sprintf("%d numbers a weight (%s)", d.PerWeight, strings.Join(d.State, ", "))
}

// takes is what the state, or of a method the cost, is called.
func (d ruleDoc) takes() string {
	if d.Cost != "" {
		return "a step"
	}
	return "state"
}

// allRules prints a few lines for each rule.
func (a *app) allRules(docs []ruleDoc) error {
	for _, d := range docs {
		var hyper []string
		for _, h := range d.Hyper {
			hyper = append(hyper, fmt.Sprintf("%s=%v", h.Name, h.Default))
		}
		_, err := fmt.Fprintf(a.out, "%s\n  %s\n  %s; %s: %s\n", a.out.paint(bold, d.Name), d.Equation, strings.Join(hyper, " "), d.takes(), d.state())
		if err != nil {
			return err
		}
	}
	var more []string
	for _, t := range optim.Transforms() {
		more = append(more, fmt.Sprintf("%s (%s)", t.Name, t.Equation))
	}
	_, err := fmt.Fprintf(a.out, "\nAny rule also takes %s.\nMore on one: descent optimizers NAME\n", strings.Join(more, ", "))
	return err
}

// oneRule prints all there is to say about a rule.
func (a *app) oneRule(d ruleDoc) error {
	rows := [][]string{{a.out.paint(bold, d.Name), d.Equation}}
	for _, f := range d.Forms {
		rows = append(rows, []string{"form=" + f.Name, f.Equation}, []string{"", f.Differs})
	}
	state := d.state()
	if d.Bytes > 0 {
		state = fmt.Sprintf("%.3g bytes a weight in float32: %s", d.Bytes, strings.Join(d.State, ", "))
	}
	rows = append(rows, []string{d.takes(), state})
	for _, row := range [][]string{{"an update", d.update}, {"elsewhere", d.Differs}, {"where g = 0", d.AtZero}, {"reference", d.Reference}} {
		if row[1] != "" {
			rows = append(rows, row)
		}
	}
	if err := a.out.table(rows); err != nil {
		return err
	}
	if _, err := fmt.Fprintln(a.out); err != nil {
		return err
	}
	rows = [][]string{{"name", "symbol", "default", "allowed", "what it is"}}
	for _, h := range d.Hyper {
		rows = append(rows, []string{h.Name, h.Symbol, fmt.Sprint(h.Default), h.Range, h.Doc})
	}
	return a.out.table(rows)
}
