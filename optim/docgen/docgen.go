// Package docgen writes the page of all optimizers and schedules from their
// tables, so that the page cannot say what the code does not.
package docgen

import (
	"fmt"
	"strings"

	"github.com/godescent/descent/minimize"
	"github.com/godescent/descent/optim"
	"github.com/godescent/descent/schedule"
)

// Page is docs/optimizers.md in GitHub's Markdown.
func Page() (string, error) {
	var b strings.Builder
	b.WriteString(head)
	for _, e := range optim.Rules() {
		fmt.Fprintf(&b, "[%s](#%s) ", e.Name, e.Name)
	}
	b.WriteString("\n")
	for _, e := range optim.Rules() {
		if err := rule(&b, e); err != nil {
			return "", fmt.Errorf("%s: %w", e.Name, err)
		}
	}
	b.WriteString("\n## Added to any rule\n\n| key | equation | where | reference |\n|---|---|---|---|\n")
	for _, t := range optim.Transforms() {
		where := "on every gradient"
		if t.After {
			where = "on Δw"
		}
		if t.Wrap != nil {
			where = "around the rule"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", t.Name, cell(t.Equation), where, cell(t.Reference))
	}
	b.WriteString(formulas)
	b.WriteString(methods)
	for _, e := range minimize.All() {
		if err := method(&b, e); err != nil {
			return "", fmt.Errorf("%s: %w", e.Name, err)
		}
	}
	b.WriteString(schedules)
	for _, e := range schedule.All() {
		if err := rate(&b, e); err != nil {
			return "", fmt.Errorf("%s: %w", e.Name, err)
		}
	}
	return b.String(), nil
}

const head = `<!-- Written by go generate ./optim; edit the tables in optim and schedule instead. -->

# Optimizers

Every rule turns the gradient g = ∇E(w) into the update Δw of w ← w + Δw. η is the learning rate of this
update, t = 1, 2, ... its number, m, v and other state start at 0, and operations act on each number by
itself. Write a rule and its settings as ` + "`--optimizer NAME:key=value,...`" + `; a key below is a setting's name,
and ` + "`lr`" + ` is η. An update's FLOPs are counted in its expression: one for an operation, a function or a choice of a number, two for a
multiply-add of a product; the bytes and those of rules for matrices are of a layer of 256 inputs and 256 outputs.

`

const formulas = `
## Hyper-parameters that move

Every number of a rule, or of what is added to it, may be a formula of the number t of updates made before this one and the number
K of updates of the run, in the language of the schedule [expression](#expression): ` + "`adam:beta1=0.85+0.1*min(1; t/100)`" + `. The name of a schedule is
its η/η0, with its parameters in brackets: ` + "`momentum:mu=0.95-0.1*onecycle`" + `, ` + "`adamw:weight_decay=0.1*cosine(warmup=200; final=0.1)`" + `,
` + "`adam:beta2=1-0.1*exponential(factor=0.01)`" + `, whose 1 − β2 falls from 0.1 to 0.001. What it gives is held within the parameter's range, and a resumed
run needs no state for it. Whole numbers, switches and words shape the step and stay as they are; η has ` + "`--schedule`" + `.

## Ranges

` + "`descent compare`" + ` also searches a number over a range or a list, as it does lr: ` + "`adam:beta2=0.9..0.9999`" + `, ` + "`momentum:mu=0.5|0.9|0.99`" + `. A range is
divided evenly, or evenly in log x where the table says log, or in log(1 − x) where it says log1m.
`

const methods = `
# Methods on the host

These decide between passes over all of the data where to look next, and find the length of their steps: they take
no ` + "`lr`" + `, no schedule and nothing of the table above. ` + "`descent trace`" + ` and ` + "`descent train`" + ` know them by these names. On a batch that
changes they mean nothing, so a step of theirs is an epoch.
`

func method(b *strings.Builder, e minimize.Entry) error {
	infos, err := e.New().Describe()
	if err != nil {
		return err
	}
	fmt.Fprintf(b, "\n## %s\n\n```math\n%s\n```\n\n%s.", e.Name, e.Latex, e.Reference)
	if e.Differs != "" {
		fmt.Fprintf(b, " Elsewhere: %s.", e.Differs)
	}
	fmt.Fprintf(b, " A step: %s.\n\n| key | symbol | default | range | |\n|---|---|---|---|---|\n", e.Cost)
	for _, h := range infos {
		fmt.Fprintf(b, "| `%s` | %s | %v | %s | %s |\n", h.Name, h.Symbol, h.Default, cell(h.Range), cell(h.Doc))
	}
	return nil
}

const schedules = `
# Schedules

η is a function of τ, the number of updates made before this one, so that nothing has to be restored when a
run is resumed. Every schedule takes ` + "`warmup=n`" + `, n updates of a straight rise before its beginning, and lengths that
are not given are those of the run.

What depends on the losses is the specification's ` + "`plateau`" + `, beside any schedule: after an epoch of loss E (validation or,
without one, training), with the smallest loss b so far, E < b(1 − θ) sets b ← E and n ← 0, and else n ← n + 1; n > patience
multiplies η0 by the factor. It decides as PyTorch's ReduceLROnPlateau does, and its state is in the checkpoint:
` + "`--plateau 0.1 --set plateau.patience=3`" + `, or ` + "`plateau: {factor: 0.1, patience: 10, threshold: 1e-4, mode: rel, cooldown: 0, min_lr: 0, eps: 1e-8}`" + `.
`

func rule(b *strings.Builder, e optim.Entry) error {
	r := e.New()
	infos, err := optim.Describe(r)
	if err != nil {
		return err
	}
	_, keys, err := optim.State(r)
	if err != nil {
		return err
	}
	cost, err := optim.CostOf(r)
	if err != nil {
		return err
	}
	fmt.Fprintf(b, "\n## %s\n\n```math\n%s\n```\n\n", e.Name, e.Latex)
	fmt.Fprintf(b, "%s.", e.Reference)
	if e.Differs != "" {
		fmt.Fprintf(b, " Elsewhere: %s.", e.Differs)
	}
	if e.AtZero != "" {
		fmt.Fprintf(b, " A zero gradient: %s.", e.AtZero)
	}
	if len(keys) == 0 {
		b.WriteString(" No state.")
	} else {
		fmt.Fprintf(b, " State: %s; %.3g bytes a weight in float32.", strings.Join(keys, ", "), cost.Bytes)
	}
	fmt.Fprintf(b, " An update: %v.", cost)
	fmt.Fprintf(b, "\n\n| key | symbol | default | range | |\n|---|---|---|---|---|\n| `lr` | η | %v | (0,inf) | learning rate |\n", e.DefaultLR)
	for _, h := range infos {
		fmt.Fprintf(b, "| `%s` | %s | %v | %s | %s |\n", h.Name, h.Symbol, h.Default, cell(strings.TrimSpace(h.Range+" "+h.Scale)), cell(h.Doc))
	}
	for _, f := range e.Forms {
		fmt.Fprintf(b, "\n`form=%s`: %s.\n\n```math\n%s\n```\n", f.Name, f.Differs, f.Latex)
	}
	return nil
}

func rate(b *strings.Builder, e schedule.Entry) error {
	const steps = 1000
	infos, err := schedule.Describe(e.New(steps))
	if err != nil {
		return err
	}
	fmt.Fprintf(b, "\n## %s\n\n```math\n%s\n```\n\n%s.\n", e.Name, e.Latex, e.Reference)
	if len(infos) == 0 {
		return nil
	}
	fmt.Fprintf(b, "\n| key | symbol | default of %d updates | range | |\n|---|---|---|---|---|\n", steps)
	for _, h := range infos {
		fmt.Fprintf(b, "| `%s` | %s | %v | %s | %s |\n", h.Name, cell(h.Symbol), h.Value, cell(h.Range), cell(h.Doc))
	}
	return nil
}

// cell is a text that a table's cell can hold.
func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }
