package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/godescent/descent/cli/spec"
	"github.com/godescent/descent/data"
	"github.com/godescent/descent/initial"
	"github.com/godescent/descent/internal/kernel/dispatch"
	"github.com/godescent/descent/minimize"
	"github.com/godescent/descent/nn"
	"github.com/godescent/descent/program"
	"github.com/godescent/descent/schedule"
)

// option is a flag of train that gives one key of the specification its value.
type option struct {
	name, key string
	value     string // what the value is, as --help shows it
	doc       string
	words     []string // that the shell completes
	list      bool     // the value is a list: 512,256
	alone     string   // the value of the flag without one, or ""
}

// trainOptions are in the order in which they are applied: a whole part before its keys.
func (a *app) trainOptions() []option {
	rules := make([]string, 0, len(a.tables.Rules))
	for _, r := range a.tables.Rules {
		rules = append(rules, r.Name)
	}
	rules = append(rules, minimize.Names()...)
	var schedules []string
	for _, s := range schedule.All() {
		schedules = append(schedules, s.Name)
	}
	methods := []string{"standardise", "minmax", "none"}
	return []option{
		{name: "optimizer", key: "optimizer", value: "name:key=value,..", doc: "rule of the update, such as adam:lr=1e-3,beta1=0.9; see descent optimizers", words: rules},
		{name: "lr", key: "optimizer.lr", value: "number", doc: "learning rate η"},
		{name: "clip-norm", key: "optimizer.clip_norm", value: "number", doc: "largest norm of the gradient"},
		{name: "clip-value", key: "optimizer.clip_value", value: "number", doc: "largest size of one number of the gradient"},
		{name: "weight-decay", key: "optimizer.weight_decay", value: "number", doc: "decoupled weight decay λ"},
		{name: "schedule", key: "schedule", value: "name:key=value,..", doc: "of the learning rate, such as cosine:warmup=200; one of " + strings.Join(schedules, ", "), words: schedules},
		{name: "batch", key: "batch", value: "n", doc: "examples of a step"},
		{name: "epochs", key: "epochs", value: "n", doc: "stop after so many passes over the data"},
		{name: "steps", key: "steps", value: "n", doc: "stop after so many steps"},
		{name: "sampler", key: "sampler", value: "name", doc: "who is in a batch: " + strings.Join(data.SamplerNames(), ", "), words: data.SamplerNames()},
		{name: "seed", key: "seed", value: "n", doc: "of first weights, batches and random layers"},
		{name: "dtype", key: "dtype", value: "name", doc: "float32 or float64", words: []string{"float32", "float64"}},
		{name: "precision", key: "precision", value: "name", doc: "float32, or bf16: matrix products and convolutions read rounded operands, all else stays float32; the weights then depend on the kernel", words: program.PrecisionNames()},
		{name: "hidden", key: "model.hidden", value: "n,n,..", doc: "widths of the hidden layers", list: true},
		{name: "activation", key: "model.activation", value: "name", doc: "of the hidden layers: " + strings.Join(nn.ActivationNames(), ", "), words: nn.ActivationNames()},
		{name: "norm", key: "model.norm", value: "name", doc: "in the hidden layers: " + strings.Join(nn.NormNames(), ", "), words: nn.NormNames()},
		{name: "dropout", key: "model.dropout", value: "share", doc: "of hidden units dropped while training"},
		{name: "init", key: "model.init", value: "name", doc: "of hidden weights: auto, " + strings.Join(initial.Names(), ", "), words: append([]string{"auto"}, initial.Names()...)},
		{name: "weights", key: "weights", value: "file", doc: "first weights instead of drawn ones: a run's folder, a safetensors file or an ONNX model"},
		{name: "loss", key: "loss", value: "name", doc: "what is made small: " + strings.Join(a.tables.LossNames(), ", "), words: a.tables.LossNames()},
		{name: "label-smoothing", key: "loss.label_smoothing", value: "share", doc: "of a target spread over all classes"},
		{name: "normalisation", key: "normalisation", value: "name", doc: "of the features: " + strings.Join(methods, ", "), words: methods},
		{name: "validation", key: "split.validation", value: "share", doc: "of the examples to measure after each epoch"},
		{name: "patience", key: "stop.patience", value: "n", doc: "stop after so many epochs without a smaller validation loss"},
		{name: "plateau", key: "plateau", value: "factor", doc: "lower lr by it where an epoch's loss no longer falls; --set plateau.patience=3 and others say when"},
		{name: "loss-change", key: "stop.loss_change", value: "share", doc: "stop when the mean loss changes by less between epochs"},
		{name: "gradient-norm", key: "stop.gradient_norm", value: "number", doc: "stop when a batch's gradient is this short"},
		{name: "save-every", key: "checkpoint.every", value: "time", doc: "between two checkpoints, such as 30s"},
		{name: "save-steps", key: "checkpoint.steps", value: "n", doc: "between two checkpoints"},
		{name: "tensorboard", key: "tensorboard", value: "bool", alone: "true", doc: "write event files in the run's folder too, for: tensorboard --logdir runs"},
		{name: "threads", key: "threads", value: "n", doc: "0 is one for each CPU; the weights do not depend on it"},
		{name: "kernel", key: "kernel", value: "name", doc: "instruction set: auto, " + strings.Join(dispatch.Names(), ", ") + "; the weights do not depend on it", words: append([]string{"auto"}, dispatch.Names()...)},
	}
}

// textValue is a flag's value as it was typed: the specification judges it.
type textValue struct {
	text string
	kind string
}

func (t *textValue) String() string     { return t.text }
func (t *textValue) Set(s string) error { t.text = s; return nil }
func (t *textValue) Type() string       { return t.kind }

// addOptions declares the flags on a command.
func addOptions(c *cobra.Command, all []option) {
	for _, o := range all {
		c.Flags().Var(&textValue{kind: o.value}, o.name, o.doc)
		c.Flags().Lookup(o.name).NoOptDefVal = o.alone
		words := o.words
		_ = c.RegisterFlagCompletionFunc(o.name, func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return words, cobra.ShellCompDirectiveNoFileComp
		}) // fails only for a flag that does not exist
	}
}

// applyOptions gives the document the flags that were set, then those of --set.
func applyOptions(c *cobra.Command, doc *spec.Document, all []option, sets []string) error {
	given := func(name string) bool { return c.Flags().Changed(name) }
	for _, o := range all {
		if !given(o.name) {
			continue
		}
		text, label := c.Flags().Lookup(o.name).Value.String(), "--"+o.name
		var err error
		if o.list {
			err = doc.Set(o.key, "["+strings.Trim(text, "[]")+"]", label)
		} else {
			err = doc.SetText(o.key, text, label)
		}
		if err != nil {
			return err
		}
	}
	// One limit on the command line is the limit, whatever the other one was.
	for _, pair := range [][2]string{{"steps", "epochs"}, {"epochs", "steps"}} {
		if given(pair[0]) && !given(pair[1]) {
			if err := doc.SetText(pair[1], "0", "--"+pair[0]); err != nil {
				return err
			}
		}
	}
	return applySets(doc, sets)
}

// applySets gives the document the keys of --set.
func applySets(doc *spec.Document, sets []string) error {
	for _, s := range sets {
		key, value, ok := strings.Cut(s, "=")
		if !ok || key == "" || value == "" {
			return fmt.Errorf("--set %s: want key=value, such as model.hidden=[512,256]", s)
		}
		if err := doc.Set(strings.TrimSpace(key), value, "--set "+s); err != nil {
			return err
		}
	}
	return nil
}
