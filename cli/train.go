package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/godescent/descent/cli/spec"
	"github.com/godescent/descent/internal/kernel/dispatch"
	"github.com/godescent/descent/internal/suggest"
	"github.com/godescent/descent/program"
	"github.com/godescent/descent/train"
)

// trainFlags are the flags of train that are no key of the specification.
type trainFlags struct {
	sets      []string
	out       string
	resume    string
	json      bool
	quiet     bool
	overwrite bool
	watch     float64
}

func (a *app) trainCommand() *cobra.Command {
	var f trainFlags
	options := a.trainOptions()
	sources, about := a.tables.SourceNames(), ""
	for _, k := range a.tables.Sources {
		about += fmt.Sprintf("\n  %-14s %s", k.Name, k.Doc)
	}
	c := &cobra.Command{
		Use:   "train DATA|SPEC.yaml",
		Short: "Train a network on data",
		Long: `Train a network on data that the program knows, or as a specification says.

DATA is one of:` + about + `

Every setting is a key of the specification; flags override it, and --set overrides
any key. What is not set has a default that suits the data; naming an optimizer takes
its own learning rate and a constant schedule. The run's folder (--out) takes spec.yaml,
complete and ready to be trained again, metrics.jsonl and checkpoint.safetensors. A run that was
stopped goes on with --resume FOLDER, to the same weights as if it had not been.

With --watch the run is looked at while it goes: λmax, gradient noise, dead units, how far steps reach;
see kind "watch" in metrics.jsonl. It changes no bit of the weights.`,
		Example: `  descent train mnist
  descent train mnist --optimizer adam:lr=1e-3,beta1=0.9 --schedule cosine:warmup=200 --epochs 3
  descent train mnist --set model.hidden=[512,256] --dropout 0.2 --validation 0.1 --patience 3
  descent train iris.yaml --seed 3 --json
  descent train csv --set data.path=iris.csv --set data.target=species
  descent train --resume runs/mnist-adam`,
		Args: atMost(1, "one, data or a specification"),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return append(sources, "yaml", "yml"), cobra.ShellCompDirectiveDefault
		},
		RunE: func(c *cobra.Command, args []string) error { return a.train(c, args, options, f) },
	}
	addOptions(c, options)
	c.Flags().StringArrayVar(&f.sets, "set", nil, "give any key of the specification a value, as `key=value`; again for more")
	c.Flags().StringVar(&f.out, "out", "", "`folder` of the run (default a new one in runs); \"\" writes nothing")
	c.Flags().StringVar(&f.resume, "resume", "", "`folder` of a run to go on with")
	c.Flags().BoolVar(&f.json, "json", false, "print the result as one JSON object")
	c.Flags().BoolVar(&f.quiet, "quiet", false, "no progress")
	c.Flags().Float64Var(&f.watch, "watch", 0, "measure curvature, noise and steps for so many `percent` of the training time, 5 if no number is given")
	c.Flags().Lookup("watch").NoOptDefVal = "5"
	c.Flags().BoolVar(&f.overwrite, "overwrite", false, "replace another run in the folder")
	return c
}

// job is a run with its folder.
type job struct {
	*spec.Run
	doc      []byte // the complete specification
	out      string // "" writes nothing
	resuming bool
}

func (a *app) train(c *cobra.Command, args []string, options []option, f trainFlags) error {
	j, err := a.job(c, args, options, f)
	if err != nil {
		return err
	}
	defer func() { _ = j.Close() }() // it was only read
	a.notes(j.Notes)
	show := a.newProgress(j, f.quiet)
	j.Config.Report, j.Config.Watch = show.event, f.watch
	if err := checkWatch(c, &j.Config); err != nil {
		return err
	}
	if err := a.prepare(j); err != nil {
		return err
	}
	t, err := train.New(j.Config)
	if err != nil {
		return err
	}
	defer t.Close()
	show.start(t.Done())
	ctx, stop := a.untilSignal()
	defer stop()
	started := time.Now()
	r, err := t.Run(ctx)
	show.stop()
	if err != nil {
		return failed(err)
	}
	if err := a.tell(j, r, f.json, time.Since(started)); err != nil {
		return failed(err)
	}
	if r.Reason == train.Interrupted {
		a.interrupted(j, r)
		return &exit{code: ExitInterrupted}
	}
	return nil
}

// job reads the specification, loads the data and chooses the folder.
func (a *app) job(c *cobra.Command, args []string, options []option, f trainFlags) (*job, error) {
	resuming := c.Flags().Changed("resume")
	doc, err := a.document(args, f, resuming)
	if err != nil {
		return nil, err
	}
	if err := applyOptions(c, doc, options, f.sets); err != nil {
		return nil, err
	}
	s, err := doc.Spec()
	if err != nil {
		return nil, err
	}
	kernel, err := a.kernel(s)
	if err != nil {
		return nil, err
	}
	weights := s.Weights
	if resuming {
		s.Weights = "" // those of the checkpoint are further; the file may be gone
	}
	run, err := a.build(s)
	if err != nil {
		return nil, err
	}
	run.Spec.Weights = weights
	run.Config.Kernel = kernel
	j := &job{Run: run, resuming: resuming}
	if j.doc, err = run.Spec.Marshal(); err != nil {
		return nil, err
	}
	run.Config.Meta[spec.MetaSpec] = string(j.doc)
	if resuming {
		err = a.resume(c, j, f)
	} else {
		err = a.chooseFolder(c, j, f)
	}
	j.Config.Out = j.out
	if err == nil && j.out == "" && j.Config.TensorBoard {
		err = j.Spec.At("tensorboard", errors.New("there is no folder for the event files; leave --out \"\" out"))
	}
	return j, err
}

// document is what the argument, or the folder of a run, says.
func (a *app) document(args []string, f trainFlags, resuming bool) (*spec.Document, error) {
	name := ""
	if len(args) > 0 {
		name = args[0]
	}
	shipped := slices.Contains(a.tables.SourceNames(), name)
	switch {
	case resuming && (name == "" || shipped):
		doc, err := openSpec(filepath.Join(f.resume, SpecName), a.tables)
		if err != nil {
			return nil, fmt.Errorf("--resume: %w", err)
		}
		if shipped && doc.Kind("data") != name {
			return nil, fmt.Errorf("--resume: the run in %s is on %s, not on %s", f.resume, doc.Kind("data"), name)
		}
		return doc, nil
	case name == "":
		return nil, fmt.Errorf("train: on what? give it %s or a specification, such as iris.yaml", strings.Join(a.tables.SourceNames(), ", "))
	case shipped:
		return spec.New(name, a.tables), nil
	}
	switch strings.ToLower(filepath.Ext(strings.TrimSuffix(name, ".gz"))) {
	case ".csv", ".tsv":
		return nil, fmt.Errorf("train: %s is a table; descent init %s writes a specification for it, or train csv --set data.path=%s --set data.target=COLUMN", name, name, name)
	}
	doc, err := openSpec(name, a.tables)
	var wrong *spec.Error
	switch {
	case errors.As(err, &wrong):
		return nil, err
	case errors.Is(err, os.ErrNotExist):
		return nil, fmt.Errorf("train: there is no file %s and no data of that name; %s", name, suggest.Hint(name, a.tables.SourceNames()))
	case err != nil:
		return nil, fmt.Errorf("train: %w", err)
	}
	return doc, nil
}

// openSpec is spec.Open with short errors.
func openSpec(path string, tables *spec.Tables) (*spec.Document, error) {
	doc, err := spec.Open(path, tables)
	if p := (*os.PathError)(nil); errors.As(err, &p) {
		return nil, fmt.Errorf("%s: %w", path, p.Err)
	}
	return doc, err
}

// kernel is the instruction set that the specification or else the environment asks for.
func (a *app) kernel(s *spec.Spec) (string, error) {
	if s.Kernel != "auto" {
		return s.Kernel, s.At("kernel", checkKernel(s.Kernel))
	}
	return a.environmentKernel()
}

// environmentKernel is what DESCENT_KERNEL says; "" is the fastest.
func (a *app) environmentKernel() (string, error) {
	name := a.getenv(dispatch.Variable)
	if err := checkKernel(name); err != nil {
		return "", fmt.Errorf("%s: %w", dispatch.Variable, err)
	}
	return name, nil
}

func checkKernel(name string) error {
	if _, err := dispatch.Pick(name); err != nil {
		return fmt.Errorf("this machine has no kernel %q; %s", name, suggest.Hint(name, dispatch.Names()))
	}
	return nil
}

// trainedJSON is the object that --json prints.
type trainedJSON struct {
	Data       string   `json:"data"`
	Model      string   `json:"model"`
	Optimizer  string   `json:"optimizer"`
	Settings   string   `json:"optimizer_settings"`
	Rate       float64  `json:"lr"`
	Schedule   string   `json:"schedule"`
	Batch      int      `json:"batch"`
	Seed       int64    `json:"seed"`
	DType      string   `json:"dtype"`
	Precision  string   `json:"precision"`
	BF16       string   `json:"bf16,omitempty"` // by what products in bf16 are computed
	Threads    int      `json:"threads"`
	Kernel     string   `json:"kernel"`
	Epochs     int      `json:"epochs"`
	Steps      int64    `json:"steps"`
	Seconds    float64  `json:"seconds"`
	PerSecond  *float64 `json:"steps_per_second,omitempty"`
	TrainLoss  *float64 `json:"train_loss"`
	TrainAcc   *float64 `json:"train_accuracy,omitempty"`
	ValLoss    *float64 `json:"validation_loss,omitempty"`
	ValAcc     *float64 `json:"validation_accuracy,omitempty"`
	ValR2      *float64 `json:"validation_r2,omitempty"`
	ValD2      *float64 `json:"validation_d2,omitempty"`
	TestLoss   *float64 `json:"test_loss"`
	TestAcc    *float64 `json:"test_accuracy,omitempty"`
	TestR2     *float64 `json:"test_r2,omitempty"`
	TestD2     *float64 `json:"test_d2,omitempty"`
	Reason     string   `json:"reason"`
	Detail     string   `json:"detail,omitempty"`
	Weights    int      `json:"weights"`
	Skipped    int64    `json:"skipped_steps,omitempty"`
	WeightsSHA string   `json:"weights_sha256"`
	Out        string   `json:"out"`

	Watch *watchJSON  `json:"watch,omitempty"`
	Fed   *streamJSON `json:"stream,omitempty"`
}

// streamJSON is how a run on examples in files was fed.
type streamJSON struct {
	Window  int     `json:"window"`
	First   float64 `json:"first_seconds"`
	Waited  float64 `json:"waited_seconds"`
	Percent float64 `json:"waited_percent"`
}

// tell prints the result on stdout.
func (a *app) tell(j *job, r *train.Result, asJSON bool, took time.Duration) error {
	if !asJSON {
		return a.summary(j, r, took)
	}
	s := j.Spec
	out := trainedJSON{
		Data: j.Name, Model: j.Title, Optimizer: s.Optimizer.Kind, Settings: s.Optimizer.String(),
		Rate: j.Config.Rate, Schedule: s.Schedule.String(), Batch: s.Batch, Seed: s.Seed, DType: s.DType, Precision: s.Precision,
		Threads: r.Threads, Kernel: r.Kernel, Epochs: r.Epochs, Steps: r.Steps, Seconds: r.Seconds,
		TrainLoss: finite(r.TrainLoss), TrainAcc: finite(r.TrainAcc),
		Reason: string(r.Reason), Detail: r.Detail, Weights: r.Weights, WeightsSHA: r.WeightsSHA256, Skipped: r.Skipped, Out: j.out,
	}
	if r.Seconds > 0 {
		out.PerSecond = finite(float64(r.Steps) / r.Seconds)
	}
	if table, err := dispatch.Pick(r.Kernel); err == nil && j.Config.Precision == program.BFloat16 {
		out.BF16 = table.BF16On()
	}
	out.Watch = newWatchJSON(r.Watch)
	if f := r.Fed; f != nil {
		out.Fed = &streamJSON{f.Window, f.First, f.Seconds, f.Percent}
	}
	if v := r.Validation; v != nil {
		out.ValLoss, out.ValAcc, out.ValR2, out.ValD2 = finite(v.Loss), finite(v.Accuracy), finite(v.R2), finite(v.D2)
	}
	if v := r.Test; v != nil {
		out.TestLoss, out.TestAcc, out.TestR2, out.TestD2 = finite(v.Loss), finite(v.Accuracy), finite(v.R2), finite(v.D2)
	}
	return a.printJSON(out)
}

// printJSON prints one object on one line.
func (a *app) printJSON(v any) error {
	e := json.NewEncoder(a.out)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// interrupted says how to go on.
func (a *app) interrupted(j *job, r *train.Result) {
	if j.out == "" {
		_, _ = fmt.Fprintf(a.err, "interrupted at step %d; the run had no folder and is not saved\n", r.Steps)
		return
	}
	_, _ = fmt.Fprintf(a.err, "interrupted at step %d; saved in %s\ngo on with: descent train --resume %s\n",
		r.Steps, filepath.Join(j.out, train.CheckpointName), quoted(j.out))
}

// quoted is a path as a shell takes it.
func quoted(path string) string {
	if strings.ContainsAny(path, " \t'\"$&;()*?<>|\\`#~!") {
		return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
	}
	return path
}
