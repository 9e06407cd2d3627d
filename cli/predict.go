package cli

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/godescent/descent/cli/spec"
	"github.com/godescent/descent/data/open"
	"github.com/godescent/descent/tensor"
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

func (a *app) predict(dir, path string, f predictFlags) (err error) {
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
	a.notes(rows.Notes)
	ctx, stop := a.untilSignal()
	defer stop()
	answers, err := r.answers(ctx, rows)
	if err != nil {
		return failed(fmt.Errorf("predict: %w", err))
	}
	var to io.Writer = a.out
	if f.out != "" {
		file, err := os.Create(f.out)
		if err != nil {
			return fmt.Errorf("--out: %w", pathless(err))
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		to = file
	}
	w := bufio.NewWriter(to)
	if f.json {
		err = r.writeJSON(w, answers)
	} else {
		err = r.writeCSV(w, answers)
	}
	return failed(errors.Join(err, w.Flush()))
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

// answers are the network's outputs as probabilities, or as numbers in their own units.
func (r *trained) answers(ctx context.Context, rows *open.Rows) ([]answer, error) {
	if len(r.Classes) == 0 {
		return r.quantities(ctx, rows)
	}
	out, err := r.Outputs(ctx, rows.Set)
	if err != nil {
		return nil, err
	}
	width := out.Size() / rows.Set.Len()
	all := make([]answer, rows.Set.Len())
	for i := range all {
		all[i] = answer{row: i + 1, class: -1, numbers: r.probabilities(out, i, width)}
		if rows.Names != nil {
			all[i].file = rows.Names[i]
		}
		for k, p := range all[i].numbers {
			if math.IsNaN(p) {
				return nil, fmt.Errorf("row %d: the network gives NaN", i+1)
			}
			if all[i].class < 0 || p > all[i].numbers[all[i].class] {
				all[i].class = k
			}
		}
	}
	return all, nil
}

// quantities are the numbers that the network expects, in their own units, and how far they scatter.
func (r *trained) quantities(ctx context.Context, rows *open.Rows) ([]answer, error) {
	mean, deviation, err := r.Predict(ctx, rows.Set)
	if err != nil {
		return nil, err
	}
	width := mean.Size() / rows.Set.Len()
	all := make([]answer, rows.Set.Len())
	for i := range all {
		all[i] = answer{row: i + 1, class: -1}
		if rows.Names != nil {
			all[i].file = rows.Names[i]
		}
		for k := range width {
			shift, scale := 0.0, 1.0
			if t := r.Targets; t != nil {
				shift, scale = t.Shift[k%len(t.Shift)], t.Scale[k%len(t.Scale)]
			}
			all[i].numbers = append(all[i].numbers, mean.At(i*width+k)/scale+shift)
			if deviation != nil {
				all[i].deviations = append(all[i].deviations, deviation.At(i*width+k)/math.Abs(scale))
			}
		}
	}
	return all, nil
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

func (r *trained) writeCSV(to io.Writer, all []answer) error {
	w := csv.NewWriter(to)
	head := []string{"row"}
	if all[0].file != "" {
		head[0] = "file"
	}
	switch {
	case len(r.Classes) > 0:
		head = append(head, "prediction")
		for _, c := range r.Classes {
			head = append(head, "p_"+c)
		}
	case len(all[0].numbers) == 1:
		head = append(head, []string{"prediction", "deviation"}[:1+len(all[0].deviations)]...)
	default:
		for k := range all[0].numbers {
			head = append(head, fmt.Sprint("prediction_", k+1))
		}
		for k := range all[0].deviations {
			head = append(head, fmt.Sprint("deviation_", k+1))
		}
	}
	if err := w.Write(head); err != nil {
		return err
	}
	for _, x := range all {
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
	}
	w.Flush()
	return w.Error()
}

// answerDoc is a line of predict --json.
type answerDoc struct {
	Row           int                `json:"row"`
	File          string             `json:"file,omitempty"`
	Prediction    any                `json:"prediction"` // a class's name, a number or a list of numbers
	Deviation     any                `json:"deviation,omitempty"`
	Probabilities map[string]float64 `json:"probabilities,omitempty"`
}

func (r *trained) writeJSON(w io.Writer, all []answer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	for _, x := range all {
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
	}
	return nil
}
