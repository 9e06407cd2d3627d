package cli

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/godescent/descent/cli/spec"
	"github.com/godescent/descent/data/open"
	"github.com/godescent/descent/tensor"
	"github.com/godescent/descent/train"
)

// predictFlags are the flags of predict.
type predictFlags struct {
	out     string
	json    bool
	best    bool
	threads int
}

func (a *app) predictCommand() *cobra.Command {
	var f predictFlags
	c := &cobra.Command{
		Use:   "predict RUN FILE",
		Short: "Predict by a trained network",
		Long: `Predict what belongs to each row of a file by the network in a run's folder. FILE is
like the one it was trained on: a table (CSV or Parquet) with the same columns, in any
order and with or without the target; an array (.npy, .npz, IDX); an image or a folder of
them. The normalisation, the categories and what missing cells become are those of the
training; numbers come in their own units.

The answer is a table in CSV: the row or the image's file, the prediction, and for classes
the probability of each. Counts (loss poisson) are answered by their expectation; loss gaussian
adds the standard deviation of each number. With --json it is a JSON object a line.`,
		Example: `  descent predict runs/flowers new.csv
  descent predict runs/flowers new.csv --out answers.csv
  descent predict runs/mnist-adam digit.png --json`,
		Args: between(2, 2, "a run's folder and a file"),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := threadsFlag(f.threads); err != nil {
				return err
			}
			return a.predict(args[0], args[1], f)
		},
	}
	c.Flags().StringVar(&f.out, "out", "", "`file` for the answers; the default is stdout")
	c.Flags().BoolVar(&f.json, "json", false, "print a JSON object for each row instead of CSV")
	c.Flags().BoolVar(&f.best, "best", false, "by the checkpoint with the smallest validation loss instead of the last")
	c.Flags().IntVar(&f.threads, "threads", 0, "0 is one for each CPU; the result does not depend on it")
	return c
}

func (a *app) predict(dir, path string, f predictFlags) error {
	r, err := a.open("predict", dir, f.best, f.threads)
	if err != nil {
		return err
	}
	defer r.Close()
	if _, text := r.Spec.Data.(spec.Divided); text {
		return errors.New("predict: the run is a model of characters, which has no rows to answer; let it write by descent sample, or measure a text by descent evaluate")
	}
	rows, err := r.Read(path, true)
	if err != nil {
		return fmt.Errorf("predict: %w", pathless(err))
	}
	defer func() { _ = rows.Close() }() // it was only read
	a.notes(rows.Notes)
	ctx, stop := a.untilSignal()
	defer stop()
	err = a.written(f.out, func(to io.Writer) error { return r.answer(ctx, rows, to, f.json) })
	if ctx.Err() != nil {
		return a.unfinished(ctx, err)
	}
	return err
}

// written gives what do writes to stdout or to a file, which it is moved to when it is whole.
func (a *app) written(path string, do func(io.Writer) error) (err error) {
	var to io.Writer = a.out
	if path != "" {
		part := path + ".tmp"
		if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
			part = path // a device or a pipe
		}
		file, created := os.Create(part)
		if p := (*fs.PathError)(nil); errors.As(created, &p) {
			return fmt.Errorf("--out: %s: %w", path, p.Err)
		}
		defer func() {
			err = errors.Join(err, file.Close())
			switch {
			case part == path:
			case err != nil:
				_ = os.Remove(part) // what failed says more
			default:
				err = failed(os.Rename(part, path))
			}
		}()
		to = file
	}
	w := bufio.NewWriterSize(to, 1<<16)
	if err := do(w); err != nil {
		return failed(fmt.Errorf("predict: %w", err)) // a short answer is not begun
	}
	err = w.Flush()
	if p := (*fs.PathError)(nil); path != "" && errors.As(err, &p) {
		err = fmt.Errorf("--out: %s: %w", path, p.Err)
	}
	return failed(err)
}

// answer is what is predicted for a row.
type answer struct {
	row     int    // from 1
	file    string // of an image, or ""
	class   int    // the likeliest, or −1
	numbers []float64
	// deviations are the numbers' standard deviations, where the network tells them.
	deviations []float64
}

// answer writes an answer for each row, as they come.
func (r *trained) answer(ctx context.Context, rows *open.Rows, to io.Writer, asJSON bool) error {
	write := r.csvWriter(to)
	if asJSON {
		write = r.jsonWriter(to)
	}
	return r.Each(ctx, train.Part{Set: rows.Set, Source: rows.Source}, func(b train.Block) error {
		for i := range b.Outputs.Shape()[0] {
			x := answer{row: b.First + i + 1, class: -1}
			if rows.Names != nil {
				x.file = rows.Names[b.First+i]
			}
			if len(r.Classes) > 0 {
				x.numbers = r.probabilities(b.Outputs, i, b.Outputs.Size()/b.Outputs.Shape()[0])
			} else {
				r.quantities(&x, b, i)
			}
			for k, p := range x.numbers {
				if len(r.Classes) == 0 {
					break
				}
				if math.IsNaN(p) {
					return fmt.Errorf("row %d: the network gives NaN", x.row)
				}
				if x.class < 0 || p > x.numbers[x.class] {
					x.class = k
				}
			}
			if err := write(x); err != nil {
				return err
			}
		}
		return nil
	})
}

// quantities are the numbers that the network expects of row i of a block, in their own units, and how
// far they scatter.
func (r *trained) quantities(x *answer, b train.Block, i int) {
	width := b.Mean.Size() / b.Mean.Shape()[0]
	for k := range width {
		shift, scale := 0.0, 1.0
		if t := r.Targets; t != nil {
			shift, scale = t.Shift[k%len(t.Shift)], t.Scale[k%len(t.Scale)]
		}
		x.numbers = append(x.numbers, b.Mean.At(i*width+k)/scale+shift)
		if b.Deviation != nil {
			x.deviations = append(x.deviations, b.Deviation.At(i*width+k)/math.Abs(scale))
		}
	}
}

// probabilities are those of the classes of row i of the outputs.
func (r *trained) probabilities(out *tensor.Array, i, width int) []float64 {
	z := make([]float64, width)
	for k := range z {
		z[k] = out.At(i*width + k)
	}
	if r.Binary {
		p := 1 / (1 + math.Exp(-z[0]))
		return []float64{1 - p, p}
	}
	return softmax(z)
}

// softmax is p_k = e^z_k / Σ e^z_j.
func softmax(z []float64) []float64 {
	most, sum := math.Inf(-1), 0.0
	for _, x := range z {
		most = math.Max(most, x)
	}
	p := make([]float64, len(z))
	for k, x := range z {
		p[k] = math.Exp(x - most)
		sum += p[k]
	}
	for k := range p {
		p[k] /= sum
	}
	return p
}

func sevenDigits(x float64) string { return strconv.FormatFloat(x, 'g', 7, 64) }

// csvWriter writes answers as a table.
func (r *trained) csvWriter(to io.Writer) func(answer) error {
	w, begun := csv.NewWriter(to), false
	return func(x answer) error {
		if !begun {
			begun = true
			if err := w.Write(r.head(x)); err != nil {
				return err
			}
		}
		line := []string{strconv.Itoa(x.row)}
		if x.file != "" {
			line[0] = x.file
		}
		if x.class >= 0 {
			line = append(line, r.Classes[x.class])
		}
		for _, v := range append(x.numbers, x.deviations...) {
			line = append(line, sevenDigits(v))
		}
		if err := w.Write(line); err != nil {
			return err
		}
		w.Flush()
		return w.Error()
	}
}

// head is the names of the columns of answers like x.
func (r *trained) head(x answer) []string {
	head := []string{"row"}
	if x.file != "" {
		head[0] = "file"
	}
	switch {
	case len(r.Classes) > 0:
		head = append(head, "prediction")
		for _, c := range r.Classes {
			head = append(head, "p_"+c)
		}
	case len(x.numbers) == 1:
		head = append(head, []string{"prediction", "deviation"}[:1+len(x.deviations)]...)
	default:
		for k := range x.numbers {
			head = append(head, fmt.Sprint("prediction_", k+1))
		}
		for k := range x.deviations {
			head = append(head, fmt.Sprint("deviation_", k+1))
		}
	}
	return head
}

// answerDoc is a line of predict --json.
type answerDoc struct {
	Row           int                `json:"row"`
	File          string             `json:"file,omitempty"`
	Prediction    any                `json:"prediction"` // a class's name, a number or a list of numbers
	Deviation     any                `json:"deviation,omitempty"`
	Probabilities map[string]float64 `json:"probabilities,omitempty"`
}

// jsonWriter writes answers as an object a line.
func (r *trained) jsonWriter(w io.Writer) func(answer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return func(x answer) error {
		d := answerDoc{Row: x.row, File: x.file, Prediction: x.numbers}
		switch {
		case x.class >= 0:
			d.Prediction, d.Probabilities = r.Classes[x.class], map[string]float64{}
			for k, p := range x.numbers {
				d.Probabilities[r.Classes[k]] = p
			}
		case len(x.numbers) == 1:
			d.Prediction = x.numbers[0]
			if len(x.deviations) == 1 {
				d.Deviation = x.deviations[0]
			}
		case len(x.deviations) > 0:
			d.Deviation = x.deviations
		}
		if err := e.Encode(d); err != nil {
			return fmt.Errorf("row %d: %w", x.row, err)
		}
		return nil
	}
}
