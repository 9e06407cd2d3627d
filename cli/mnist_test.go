package cli_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/godescent/descent/minimize"
	"github.com/godescent/descent/optim"
)

var page = flag.String("page", "", "with -long, the `file` whose rows of optimizers on MNIST are replaced by what is measured")

// mnistBar is what an optimizer is asked for on MNIST at its defaults.
type mnistBar struct {
	epochs   int
	accuracy float64
	skip     string // why it is left out
}

// mnistBars are the bars that are not 0.96 after 5 epochs. A step on the host sees all examples, so its epochs are its steps.
func mnistBars() map[string]mnistBar {
	bars := map[string]mnistBar{
		"default": {5, 0.98, ""},
		"spsa":    {5, 0.65, ""}, // two values of E an update: docs/optimizers-mnist.md says what they can do
		"newton":  {skip: "the Hessian of 235,146 weights has 5.5e10 numbers; it is for 2,000 weights at most"},
	}
	for _, name := range strings.Fields("sgd momentum nesterov adagrad rmsprop adam adamw") {
		bars[name] = mnistBar{5, 0.97, ""}
	}
	for name, epochs := range map[string]int{"lbfgs": 100, "cg": 100, "gauss_newton": 10, "levenberg_marquardt": 10} {
		bars[name] = mnistBar{epochs, 0.96, ""}
	}
	bars["newton_cg"] = mnistBar{10, 0.93, ""}               // ten Newton steps are not the end of it: see the page
	for _, name := range []string{"gd_armijo", "gd_wolfe"} { // zigzags: see the page
		bars[name] = mnistBar{200, 0.9, ""}
	}
	return bars
}

// What the defaults come to on MNIST, of every optimizer, by rule and on the host: `go test ./cli -long -run MNISTAccuracy -v
// -timeout 0`, and with `-page ../docs/optimizers-mnist.md` the page takes the figures, of those that ran.
func TestMNISTAccuracy(t *testing.T) {
	if !*long {
		t.Skip("without -long")
	}
	names, bars := mnistNames(), mnistBars()
	rows := map[string]string{}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			bar, ok := bars[name]
			if !ok {
				bar = mnistBar{5, 0.96, ""}
			}
			if bar.skip != "" {
				t.Skip(bar.skip)
			}
			args := []string{"mnist", "--epochs", fmt.Sprint(bar.epochs), "--seed", "1", "--out", "", "--quiet"}
			if name != "default" {
				args = append(args, "--optimizer", name)
			}
			r := trained(t, args...)
			t.Logf("test accuracy %.4f, loss %.4f, in %.1f s", *r.TestAccuracy, *r.TestLoss, r.Seconds)
			if !(*r.TestAccuracy >= bar.accuracy) {
				t.Errorf("test accuracy %v, want at least %v", *r.TestAccuracy, bar.accuracy)
			}
			rows[name] = fmt.Sprintf("| %s | %d | %.4f | %.4f |", name, bar.epochs, *r.TestAccuracy, *r.TestLoss)
		})
	}
	if *page != "" {
		if err := writeRows(*page, names, rows); err != nil {
			t.Error(err)
		}
	}
}

// mnistNames are the optimizers in the order of the page.
func mnistNames() []string {
	names := []string{"default"}
	for _, e := range optim.Rules() {
		names = append(names, e.Name)
	}
	return append(names, minimize.Names()...)
}

// writeRows replaces rows of the page's table, each by the name in its first cell, and puts new ones where they belong.
func writeRows(path string, names []string, rows map[string]string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var before, after []string
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		cells := strings.Split(line, "|")
		switch {
		case len(cells) > 2 && slices.Contains(names, strings.TrimSpace(cells[1])):
			if name := strings.TrimSpace(cells[1]); rows[name] == "" {
				rows[name] = line
			}
			after = []string{} // what follows the table begins anew
		case after == nil:
			before = append(before, line)
		default:
			after = append(after, line)
		}
	}
	for _, name := range names {
		if rows[name] != "" && name != "default" {
			before = append(before, rows[name])
		}
	}
	return os.WriteFile(path, []byte(strings.Join(append(before, after...), "\n")+"\n"), 0o666)
}

// The page has a row of every rule that the test runs, after as many epochs; of the methods on the host where they were run.
func TestMNISTPage(t *testing.T) {
	text, err := os.ReadFile("../docs/optimizers-mnist.md")
	if err != nil {
		t.Fatal(err)
	}
	bars := mnistBars()
	for _, e := range optim.Rules() {
		name := e.Name
		bar, ok := bars[name]
		if !ok {
			bar.epochs = 5
		}
		if want := fmt.Sprintf("\n| %s | %d | 0.", name, bar.epochs); bar.skip == "" && !strings.Contains(string(text), want) {
			t.Errorf("docs/optimizers-mnist.md has no row %q; the test above writes it", strings.TrimSpace(want))
		}
	}
}
