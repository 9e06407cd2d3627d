package cli

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/godescent/descent/bench"
	"github.com/godescent/descent/program"
)

func (a *app) benchCommand() *cobra.Command {
	var asJSON bool
	threads, kernel, precision := &textValue{kind: "n"}, &textValue{kind: "name"}, &textValue{kind: "name", text: "float32"}
	var names []string
	about := ""
	for _, b := range bench.All() {
		names = append(names, b.Name)
		about += fmt.Sprintf("\n  %-14s %-10s %s", b.Name, b.Unit, b.Doc)
	}
	c := &cobra.Command{
		Use:   "bench [NAME...]",
		Short: "Measure training steps, products and the machine itself",
		Long: `Measure fixed work, the median of five blocks each; without names all of it, which
takes minutes. Leave the machine alone meanwhile.
` + about,
		Example: `  descent bench mlp_adam --threads 2
  descent bench sgemm512 fmapeak --json`,
		ValidArgs: names,
		RunE: func(_ *cobra.Command, args []string) error {
			all, err := bench.Lookup(args...)
			if err != nil {
				return fmt.Errorf("bench: %w", err)
			}
			n, err := threadCount(threads.text)
			if err != nil {
				return err
			}
			name := kernel.text
			switch name {
			case "", "auto":
				name, err = a.environmentKernel()
			default:
				if err = checkKernel(name); err != nil {
					err = fmt.Errorf("--kernel: %w", err)
				}
			}
			if err != nil {
				return err
			}
			p, err := program.ParsePrecision(precision.text)
			if err != nil {
				return fmt.Errorf("--precision: %w", err)
			}
			return a.bench(all, n, name, p, asJSON)
		},
	}
	c.Flags().Var(threads, "threads", "0 is one for each CPU")
	c.Flags().Var(kernel, "kernel", "instruction set; the fastest if left out")
	c.Flags().Var(precision, "precision", "of what matrix products and convolutions read: float32 or bf16")
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a line")
	return c
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

// bench measures and prints one figure after another.
func (a *app) bench(all []bench.Bench, threads int, kernel string, p program.Precision, asJSON bool) error {
	ctx, stop := a.untilSignal()
	defer stop()
	for _, b := range all {
		r, err := b.Run(ctx, threads, kernel, p)
		switch {
		case errors.Is(err, context.Canceled):
			return &exit{code: ExitInterrupted}
		case err != nil:
			return failed(fmt.Errorf("bench %s: %w", b.Name, err))
		case asJSON:
			err = a.printJSON(r)
		default:
			_, err = fmt.Fprintf(a.out, "%-14s %10.4g %-10s %d threads, %s, %s\n", r.Name, r.Value, r.Unit, r.Threads, r.Kernel, r.Precision)
		}
		if err != nil {
			return failed(err)
		}
	}
	return nil
}
