package cli

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/godescent/descent/report/figures"
)

type figuresFlags struct {
	out        string
	seed       int64
	list, json bool
	quiet      bool
}

func (a *app) figuresCommand() *cobra.Command {
	var f figuresFlags
	c := &cobra.Command{
		Use:   "figures [NAME...]",
		Short: "Redraw the lecture's figures with real runs",
		Long: `Redraw what a lecture on gradient descent shows (chapter 7 of Bishop and Bishop's Deep Learning),
each figure from runs of this program: a picture of each, index.html with all of them and what was measured,
and the same in Markdown beside the folder. The same seed gives the same pictures but for measured times.`,
		Example: `  descent figures
  descent figures rate momentum --out pictures
  descent figures --list`,
		Args:              cobra.ArbitraryArgs,
		ValidArgsFunction: cobra.FixedCompletions(figures.Names(), cobra.ShellCompDirectiveNoFileComp),
		RunE:              func(_ *cobra.Command, args []string) error { return a.figures(args, f) },
	}
	c.Flags().StringVar(&f.out, "out", "figures", "`folder` to write to, made if it is missing")
	c.Flags().Int64Var(&f.seed, "seed", 1, "of first weights, batches and examples")
	c.Flags().BoolVar(&f.list, "list", false, "name the figures and draw none")
	c.Flags().BoolVar(&f.json, "json", false, "print one JSON object")
	c.Flags().BoolVar(&f.quiet, "quiet", false, "no progress")
	return c
}

// figuresJSON is the object that figures --json prints.
type figuresJSON struct {
	Out     string       `json:"out"`
	Seed    int64        `json:"seed"`
	Figures []figureJSON `json:"figures"`
}

type figureJSON struct {
	Name    string `json:"name"`
	Title   string `json:"title"`
	Text    string `json:"text,omitempty"`
	Caption string `json:"caption,omitempty"`
	File    string `json:"file,omitempty"`
	Timed   bool   `json:"timed"`
}

func (a *app) figures(names []string, f figuresFlags) error {
	chosen := figures.All()
	if len(names) > 0 {
		chosen = chosen[:0]
		for _, name := range names {
			one, err := figures.Lookup(name)
			if err != nil {
				return fmt.Errorf("figures: %w", err)
			}
			chosen = append(chosen, *one)
		}
	}
	out := figuresJSON{Out: f.out, Seed: f.seed}
	if f.list {
		rows := [][]string{}
		for _, c := range chosen {
			rows = append(rows, []string{c.Name, c.Title})
			out.Figures = append(out.Figures, figureJSON{Name: c.Name, Title: c.Title})
		}
		if f.json {
			return failed(a.printJSON(out))
		}
		return failed(a.out.table(rows))
	}
	kernel, err := a.environmentKernel()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(f.out, 0o777); err != nil {
		return fmt.Errorf("--out: %w", pathless(err))
	}
	ctx, stop := a.untilSignal()
	defer stop()
	var all []figures.Drawn
	for i, c := range chosen {
		began := time.Now()
		p, err := c.Draw(ctx, f.seed, kernel)
		if ctx.Err() != nil {
			return &exit{code: ExitInterrupted}
		}
		if err != nil {
			return failed(err)
		}
		var b bytes.Buffer
		if err := p.Figure.WritePNG(&b); err != nil {
			return failed(err)
		}
		all = append(all, figures.Drawn{Figure: c, Picture: p, PNG: b.Bytes()})
		out.Figures = append(out.Figures, figureJSON{c.Name, c.Title, p.Text, p.Caption, filepath.Join(f.out, c.Name+".png"), p.Timed})
		if !f.quiet {
			_, _ = fmt.Fprintf(a.err, "%d of %d  %s  %s\n", i+1, len(chosen), c.Name, clock(time.Since(began)))
		}
	}
	command := "descent figures"
	for _, name := range names {
		command += " " + name
	}
	if f.seed != 1 {
		command += fmt.Sprintf(" --seed %d", f.seed)
	}
	if err := figures.Write(f.out, all, command+" --out "+filepath.ToSlash(f.out)); err != nil {
		return failed(fmt.Errorf("--out: %w", pathless(err)))
	}
	if f.json {
		return failed(a.printJSON(out))
	}
	_, err = fmt.Fprintf(a.out, "%s figures in %s; open %s\n", grouped(int64(len(all))), f.out, filepath.Join(f.out, "index.html"))
	return failed(err)
}
