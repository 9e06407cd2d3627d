package cli

import (
	"bufio"
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/spf13/cobra"

	"github.com/godescent/descent/data/open"
	"github.com/godescent/descent/data/text"
	"github.com/godescent/descent/train"
)

// sampleFlags are the flags of sample.
type sampleFlags struct {
	prompt      string
	length      int
	temperature float64
	seed        int64
	json        bool
	best        bool
	threads     int
}

func (a *app) sampleCommand() *cobra.Command {
	var f sampleFlags
	c := &cobra.Command{
		Use:   "sample RUN",
		Short: "Write a text by a model of characters",
		Long: `Write a text, a character at a time, by the model of characters in a run's folder: each is
drawn from the probabilities that the model gives for what follows the text so far, as much
of it as the context holds. A temperature below 1 keeps to what is likely, 0 to the likeliest
alone, and above 1 dares more. The same seed gives the same text, on every machine.`,
		Example: `  descent sample runs/austen-adamw --prompt "It was a truth" --length 300
  descent sample runs/austen-adamw --prompt "Mr. " --temperature 0.5 --seed 3`,
		Args: between(1, 1, "a run's folder"),
		RunE: func(_ *cobra.Command, args []string) error { return a.sample(args[0], f) },
	}
	c.Flags().StringVar(&f.prompt, "prompt", "\n", "`text` to go on from; the default is the beginning of a line")
	c.Flags().IntVar(&f.length, "length", 300, "characters to write")
	c.Flags().Float64Var(&f.temperature, "temperature", 0.8, "what the logits are divided by; 0 takes the likeliest character")
	c.Flags().Int64Var(&f.seed, "seed", 1, "of the draws")
	c.Flags().BoolVar(&f.json, "json", false, "print one JSON object instead of the text")
	c.Flags().BoolVar(&f.best, "best", false, "by the checkpoint with the smallest validation loss instead of the last")
	c.Flags().IntVar(&f.threads, "threads", 0, "0 is one for each CPU; the text does not depend on it")
	return c
}

// sampled is what sample --json prints.
type sampled struct {
	Run         string  `json:"run"`
	Prompt      string  `json:"prompt"`
	Text        string  `json:"text"` // what follows the prompt
	Temperature float64 `json:"temperature"`
	Seed        int64   `json:"seed"`
}

func (a *app) sample(dir string, f sampleFlags) error {
	switch {
	case f.length < 1:
		return fmt.Errorf("--length: %d is not a whole number in [1,inf)", f.length)
	case !(f.temperature >= 0) || math.IsInf(f.temperature, 0):
		return fmt.Errorf("--temperature: %v is not a number in [0,inf)", f.temperature)
	}
	if err := threadsFlag(f.threads); err != nil {
		return err
	}
	r, err := a.open("sample", dir, f.best, f.threads)
	if err != nil {
		return err
	}
	defer r.Close()
	v, err := open.Vocabulary(r.Schema)
	if err != nil {
		return fmt.Errorf("sample: %w", err)
	}
	start, err := encoded(v, f.prompt)
	if err != nil {
		return err
	}
	ctx, stop := a.untilSignal()
	defer stop()
	var all strings.Builder
	out := bufio.NewWriter(a.out)
	tell := func(piece string) error {
		all.WriteString(piece)
		if f.json {
			return nil
		}
		_, err := out.WriteString(piece)
		return errors.Join(err, out.Flush()) // a character at a time, as it is written
	}
	if err := tell(strings.TrimLeft(f.prompt, "\n")); err != nil {
		return failed(err)
	}
	all.Reset()
	err = r.Sample(ctx, start, f.length, train.Sampling{Temperature: f.temperature, Seed: f.seed}, func(id int32) error {
		return tell(v.Vocabulary[id])
	})
	if errors.Is(err, ctx.Err()) && err != nil {
		return &exit{code: ExitInterrupted}
	}
	if err != nil {
		return failed(fmt.Errorf("sample: %w", err))
	}
	if f.json {
		return failed(a.printJSON(sampled{dir, f.prompt, all.String(), f.temperature, f.seed}))
	}
	if !strings.HasSuffix(all.String(), "\n") {
		_, err = fmt.Fprintln(a.out)
	}
	return failed(err)
}

// encoded is a prompt as symbols.
func encoded(v *text.Schema, prompt string) ([]int32, error) {
	ids, missing := v.Encode(prompt)
	if prompt == "\n" && len(ids) == 0 { // a text of one line
		return []int32{0}, nil
	}
	if len(missing) > 0 {
		return nil, fmt.Errorf("--prompt: %q is no character of the text that was trained on", missing[0].Char)
	}
	if len(ids) == 0 {
		return nil, errors.New("--prompt: it is empty; give it a character at least")
	}
	return ids, nil
}
