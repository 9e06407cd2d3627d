package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/godescent/descent/cli/spec"
	"github.com/godescent/descent/data"
	"github.com/godescent/descent/internal/suggest"
	"github.com/godescent/descent/objective/functions"
	"github.com/godescent/descent/optim"
)

// The exit codes.
const (
	ExitOK          = 0
	ExitFailed      = 1   // the run failed: it diverged, or a file could not be written
	ExitMistake     = 2   // what was asked for cannot be done; stderr says why in one line
	ExitInterrupted = 130 // Ctrl-C or SIGTERM stopped the run, which can be resumed
)

// Config is what a program offers and where it writes. The zero Config is descent itself.
type Config struct {
	Rules     optim.Table              // nil is optim.Rules()
	Functions []*functions.Function    // of trace; nil is functions.All()
	Data      []spec.Kind[spec.Source] // nil is what is shipped
	Models    []spec.Kind[spec.Model]  // likewise
	Losses    []spec.Kind[spec.Loss]   // likewise
	Args      []string                 // nil is os.Args[1:]
	Getenv    func(name string) string // nil is os.Getenv
	Stdout    io.Writer                // nil is os.Stdout
	Stderr    io.Writer                // nil is os.Stderr
	Context   context.Context          // of a run; nil ends at Ctrl-C and SIGTERM
}

// Main runs the command that the arguments name and returns the exit code.
func Main(c Config) int {
	a := newApp(c)
	root := a.root()
	root.SetArgs(a.args)
	err := root.Execute()
	if err == nil {
		return ExitOK
	}
	e := &exit{code: ExitMistake, err: err}
	if full := (*data.SpillError)(nil); errors.As(err, &full) {
		e.code = ExitFailed // what was asked for was right
	}
	errors.As(err, &e)
	if e.err != nil {
		_, _ = fmt.Fprintln(a.err, a.err.paint(red, "descent:"), message(e.err)) // nowhere else to say it
	}
	return e.code
}

// exit is an error with the exit code that it calls for. A nil err has been told already.
type exit struct {
	code int
	err  error
}

func (e *exit) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

func (e *exit) Unwrap() error { return e.err }

// failed is the error of a run that was asked for rightly.
func failed(err error) error {
	if err == nil {
		return nil
	}
	return &exit{ExitFailed, err}
}

// unfinished is the error of work that failed, or that the end of ctx stopped, which it tells.
func (a *app) unfinished(ctx context.Context, err error) error {
	if err == nil || ctx.Err() == nil {
		return failed(err)
	}
	_, _ = fmt.Fprintln(a.err, "interrupted")
	return &exit{code: ExitInterrupted}
}

// message is an error in one line.
func message(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }

// app is what the commands share.
type app struct {
	args      []string
	out, err  *console
	getenv    func(string) string
	context   context.Context
	tables    *spec.Tables
	functions []*functions.Function
}

func newApp(c Config) *app {
	a := &app{args: c.Args, getenv: c.Getenv, context: c.Context, tables: spec.NewTables(), functions: c.Functions}
	if a.args == nil {
		a.args = os.Args[1:]
	}
	if a.getenv == nil {
		a.getenv = os.Getenv
	}
	if a.functions == nil {
		a.functions = functions.All()
	}
	t := a.tables
	if c.Rules != nil {
		t.Rules = c.Rules
	}
	if c.Data != nil {
		t.Sources = c.Data
	}
	if c.Models != nil {
		t.Models = c.Models
	}
	if c.Losses != nil {
		t.Losses = c.Losses
	}
	a.out, a.err = newConsole(os.Stdout, a.getenv), newConsole(os.Stderr, a.getenv)
	if c.Stdout != nil {
		a.out = newConsole(c.Stdout, a.getenv)
	}
	if c.Stderr != nil {
		a.err = newConsole(c.Stderr, a.getenv)
	}
	return a
}

// untilSignal ends at the first Ctrl-C or SIGTERM; the second one ends the process.
func (a *app) untilSignal() (ctx context.Context, stop func()) {
	if a.context != nil {
		return a.context, func() {}
	}
	ctx, stop = signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "descent",
		Short: "Train neural networks by gradient descent",
		Long: `descent trains neural networks by gradient descent, on a CPU, in one program.

Exit codes: 0 success, 1 a run that failed, 2 a mistake in what was asked for,
130 a run that was interrupted and can be resumed.`,
		Example: `  descent train mnist                                   # digits to 98% in seconds
  descent train mnist --optimizer momentum:lr=0.05 --epochs 3 --json
  descent init iris.csv && descent train iris.yaml      # your own table
  descent compare wine --optimizers momentum,adam       # which optimizer, at which rate
  descent surface rosenbrock --optimizers adam:lr=0.1 --out rosenbrock.html`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Version:       thisBuild().Version,
		Args:          cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return c.Help()
			}
			return noneSuch(c, "command", args)
		},
	}
	root.SetOut(a.out)
	root.SetErr(a.err)
	root.SetFlagErrorFunc(flagError)
	if w := a.out.width(); w > 0 { // what a flag does stands beside it, in lines of its own
		root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate(), ".FlagUsages", fmt.Sprintf(".FlagUsagesWrapped %d", max(w, 60))))
	}
	a.addCommands(root)
	nameNumbers(root)
	root.InitDefaultCompletionCmd()
	root.InitDefaultHelpCmd()
	for _, c := range root.Commands() {
		switch c.Name() {
		case "completion": // else an unknown shell shows the help and succeeds
			c.Args = cobra.ArbitraryArgs
			c.RunE = func(c *cobra.Command, args []string) error { return noneSuch(c, "shell", args) }
		case "help": // likewise
			c.Run, c.RunE = nil, func(_ *cobra.Command, args []string) error {
				about, _, err := root.Find(args)
				if err != nil || about == root && len(args) > 0 {
					return noneSuch(root, "command", args)
				}
				about.InitDefaultHelpFlag()
				return about.Help()
			}
		}
	}
	return root
}

// addCommands adds the commands, in groups by what a user is after.
func (a *app) addCommands(root *cobra.Command) {
	for _, group := range []struct {
		title    string
		commands []*cobra.Command
	}{
		{"Train a network, and use it:", []*cobra.Command{
			a.initCommand(), a.trainCommand(), a.evaluateCommand(), a.predictCommand(), a.sampleCommand(), a.inspectCommand(), a.exportCommand()}},
		{"Choose optimizer, learning rate and normalisation:", []*cobra.Command{
			a.compareCommand(), a.lrFindCommand(), a.optimizersCommand(), a.traceCommand()}},
		{"See the error surface:", []*cobra.Command{
			a.surfaceCommand(), a.curvatureCommand(), a.stationaryCommand(), a.quadraticCommand(), a.figuresCommand()}},
	} {
		root.AddGroup(&cobra.Group{ID: group.title, Title: group.title})
		for _, c := range group.commands {
			c.GroupID = group.title
			root.AddCommand(c)
		}
	}
	root.AddCommand(a.schemaCommand(), a.benchCommand(), a.versionCommand())
}

// noneSuch is the error of a word that is none of a command's commands.
func noneSuch(c *cobra.Command, what string, args []string) error {
	names := commandNames(c)
	if len(args) == 0 {
		return fmt.Errorf("%s wants a %s: %s", c.CommandPath(), what, strings.Join(names, ", "))
	}
	return fmt.Errorf("%s has no %s %q; %s", c.CommandPath(), what, args[0], suggest.Hint(args[0], names))
}

func commandNames(c *cobra.Command) []string {
	var out []string
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() {
			out = append(out, sub.Name())
		}
	}
	return out
}

// flagError says which flag is wrong, and the nearest one if it is unknown.
func flagError(c *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var invalid *pflag.InvalidValueError
	switch {
	case errors.As(err, &invalid):
		f := invalid.GetFlag()
		want := map[string]string{wholeNumber: "a whole number", "number": "a number", "bool": "true or false"}[f.Value.Type()]
		if want == "" {
			return fmt.Errorf("--%s: %w", f.Name, invalid.Unwrap())
		}
		return fmt.Errorf("--%s: %q is not %s", f.Name, invalid.GetValue(), want)
	case !errors.As(err, &unknown):
		return fmt.Errorf("%s: %w", c.Name(), err)
	}
	name := "--" + unknown.GetSpecifiedName()
	if len(name) == len("--x") {
		name = name[1:]
	}
	cure := "see " + c.CommandPath() + " --help"
	var all []string
	c.Flags().VisitAll(func(f *pflag.Flag) { all = append(all, "--"+f.Name) })
	if near := suggest.Nearest(name, all); near != "" {
		cure = "did you mean " + near + "?"
	}
	return fmt.Errorf("%s has no flag %s; %s", c.CommandPath(), name, cure)
}

// numbered is a flag's value under the name that help has for it.
type numbered struct {
	pflag.Value
	name string
}

func (n numbered) Type() string { return n.name }

// wholeNumber is what help calls the value of a flag that takes one.
const wholeNumber = "n"

// nameNumbers has every command's help call numbers alike, whatever Go's types are.
func nameNumbers(root *cobra.Command) {
	for _, c := range root.Commands() {
		c.Flags().VisitAll(func(f *pflag.Flag) {
			if name := map[string]string{"int": wholeNumber, "int64": wholeNumber, "float64": "number"}[f.Value.Type()]; name != "" {
				f.Value = numbered{f.Value, name}
			}
		})
	}
}

// atMost is the error of too many arguments.
func atMost(n int, what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) > n {
			return fmt.Errorf("%s: %q is one argument too many; it takes %s", c.Name(), args[n], what)
		}
		return nil
	}
}
