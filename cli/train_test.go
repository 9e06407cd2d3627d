package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/godescent/descent/cli"
	"github.com/godescent/descent/internal/kernel/dispatch"
)

var long = flag.Bool("long", false, "also train for minutes")

// result is what a test reads of train --json.
type result struct {
	Optimizer     string
	Seed          int64
	Threads       int
	Kernel        string
	Epochs        int
	Steps         int64
	Seconds       float64
	TrainLoss     *float64 `json:"train_loss"`
	TestLoss      *float64 `json:"test_loss"`
	TestAccuracy  *float64 `json:"test_accuracy"`
	TestR2        *float64 `json:"test_r2"`
	TestD2        *float64 `json:"test_d2"`
	WeightsSHA256 string   `json:"weights_sha256"`
	Reason        string
	Out           string
}

func parseResult(t *testing.T, stdout string) result {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(stdout), "\n")
	var r result
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &r); err != nil {
		t.Fatalf("the last line of stdout is no JSON object: %v: %q", err, stdout)
	}
	return r
}

// trained is the result of train --json with the arguments.
func trained(t *testing.T, args ...string) result {
	t.Helper()
	code, stdout, stderr := run(t, append([]string{"train"}, append(args, "--json")...)...)
	if code != 0 {
		t.Fatalf("train %v: exit code %d: %s", args, code, stderr)
	}
	return parseResult(t, stdout)
}

// The contract of train --json, the same bits for 1 and 2 threads and for every
// kernel, and a network that learns.
func TestTrainMNIST(t *testing.T) {
	args := []string{"mnist", "--steps", "100", "--seed", "1", "--out", "", "--quiet"}
	r := trained(t, append(args, "--threads", "1")...)
	if r.Optimizer != "adam" || r.Seed != 1 || r.Threads != 1 || r.Kernel == "" || r.Steps != 100 || r.Epochs != 0 || !(r.Seconds > 0) ||
		r.TrainLoss == nil || r.TestLoss == nil || len(r.WeightsSHA256) != 64 || r.Reason != "limit" || r.Out != "" {
		t.Errorf("the object lacks what it must have: %+v", r)
	}
	if r.TestAccuracy == nil || !(*r.TestAccuracy > 0.9) {
		t.Errorf("test accuracy after 100 steps: %v, want above 0.9", r.TestAccuracy)
	}
	if again := trained(t, append(args, "--threads", "2")...); again.Threads != 2 || again.WeightsSHA256 != r.WeightsSHA256 {
		t.Errorf("2 threads give other weights than 1: %s and %s", again.WeightsSHA256, r.WeightsSHA256)
	}
	if other := trained(t, append(args, "--seed", "2")...); other.WeightsSHA256 == r.WeightsSHA256 {
		t.Error("another seed gives the same weights")
	}
	few := []string{"csv", "--set", "data.path=../data/testdata/diabetes.csv", "--set", "data.target=progression", "--steps", "20", "--out", "", "--quiet", "--kernel"}
	want := trained(t, append(few, "auto")...)
	for _, kernel := range dispatch.Names() {
		if got := trained(t, append(few, kernel)...); got.Kernel != kernel || got.WeightsSHA256 != want.WeightsSHA256 {
			t.Errorf("kernel %s ran as %s with the weights %s, want %s", kernel, got.Kernel, got.WeightsSHA256, want.WeightsSHA256)
		}
	}
}

// longRun is a run of 900 steps that saves every 50.
func longRun(out string) []string {
	return []string{"train", "mnist", "--set", "data.limit=1000", "--hidden", "64", "--batch", "64", "--steps", "900", "--save-steps", "50", "--json", "--quiet", "--out", out}
}

// A run that is killed at about step 300 of 900 is resumed to the weights of one
// that was not, and so is one that is interrupted.
func TestKillAndResume(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no signals there")
	}
	dir := t.TempDir()
	code, stdout, stderr := run(t, longRun(filepath.Join(dir, "whole"))...)
	if code != 0 {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	want := parseResult(t, stdout)
	for _, c := range []struct {
		name   string
		signal syscall.Signal
		code   int
	}{{"killed", syscall.SIGKILL, -1}, {"interrupted", syscall.SIGINT, cli.ExitInterrupted}, {"terminated", syscall.SIGTERM, cli.ExitInterrupted}} {
		t.Run(c.name, func(t *testing.T) {
			out := filepath.Join(dir, c.name)
			got, stdout, stderr := stopped(t, out, c.signal)
			if got == 0 {
				t.Log("the run was faster than the signal")
			} else if got != c.code {
				t.Fatalf("exit code %d, want %d: %s", got, c.code, stderr)
			}
			if c.code == cli.ExitInterrupted && got == c.code {
				if r := parseResult(t, stdout); r.Reason != "interrupted" || r.Steps < 300 || r.Steps >= 900 || r.TestAccuracy != nil {
					t.Errorf("the interrupted run gives %+v", r)
				}
				for _, part := range []string{"interrupted at step ", "saved in " + out, "descent train --resume " + out} {
					if !strings.Contains(stderr, part) {
						t.Errorf("stderr does not say %q: %s", part, stderr)
					}
				}
			}
			r := trained(t, "--resume", out, "--quiet")
			if r.WeightsSHA256 != want.WeightsSHA256 || r.Steps != 900 || *r.TestLoss != *want.TestLoss || *r.TrainLoss != *want.TrainLoss {
				t.Errorf("resumed: %+v, want %+v", r, want)
			}
			if a, b := steps(t, out), steps(t, filepath.Join(dir, "whole")); a != b {
				t.Errorf("the resumed run's metrics differ: %d lines, want %d", a, b)
			}
		})
	}
}

// stopped starts the run and sends a signal once it has saved step 300.
func stopped(t *testing.T, out string, signal syscall.Signal) (code int, stdout, stderr string) {
	t.Helper()
	c := exec.Command("descent", longRun(out)...)
	var o, e bytes.Buffer
	c.Stdout, c.Stderr = &o, &e
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(time.Millisecond) {
		b, err := os.ReadFile(filepath.Join(out, "metrics.jsonl"))
		if err == nil && bytes.Contains(b, []byte(`"step":300,`)) || time.Now().After(deadline) {
			break
		}
	}
	_ = c.Process.Signal(signal) // it may have ended
	err := c.Wait()
	if x := (*exec.ExitError)(nil); err != nil && !errors.As(err, &x) {
		t.Fatal(err)
	}
	return c.ProcessState.ExitCode(), o.String(), e.String()
}

// steps is the number of lines of a run's metrics; each must be an object.
func steps(t *testing.T, out string) int {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(out, "metrics.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	for _, l := range lines {
		if !json.Valid([]byte(l)) {
			t.Fatalf("metrics.jsonl holds %q", l)
		}
	}
	return len(lines)
}

// A run that diverges exits 1 and says in one line where and what to try.
func TestDiverged(t *testing.T) {
	code, stdout, stderr := run(t, "train", "mnist", "--optimizer", "sgd:lr=1e6", "--steps", "50", "--out", "", "--quiet", "--json")
	if code != cli.ExitFailed || stdout != "" || strings.Count(stderr, "\n") != 1 || !strings.HasPrefix(stderr, "descent: diverged at step ") || !strings.Contains(stderr, "try a smaller learning rate") {
		t.Errorf("exit code %d, stdout %q, stderr %q", code, stdout, stderr)
	}
}

// A context of the caller's own ends a run like Ctrl-C.
func TestContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var out, errs bytes.Buffer
	args := []string{"train", "csv", "--set", "data.path=../data/testdata/iris.csv", "--set", "data.target=species", "--out", "", "--json"}
	code := cli.Main(cli.Config{Args: args, Stdout: &out, Stderr: &errs, Context: ctx})
	if code != cli.ExitInterrupted || !strings.Contains(errs.String(), "interrupted at step 0; the run had no folder and is not saved") {
		t.Errorf("exit code %d: %s", code, errs.String())
	}
	if !json.Valid(out.Bytes()) {
		t.Errorf("stdout is no JSON: %s", out.String())
	}
}

// Regression reports R² and no accuracy; a straight line is found.
func TestRegression(t *testing.T) {
	path := filepath.Join(t.TempDir(), "line.csv")
	var b strings.Builder
	b.WriteString("x,y\n")
	for i := range 200 {
		b.WriteString(shortest(float64(i)) + "," + shortest(1000+3*float64(i)) + "\n")
	}
	if err := os.WriteFile(path, []byte(b.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := run(t, "train", "csv", "--set", "data.path="+path, "--set", "data.target=y", "--set", "model.hidden=[]", "--optimizer", "sgd:lr=0.1", "--out", "", "--json", "--quiet")
	var r map[string]any
	if err := json.Unmarshal([]byte(stdout), &r); err != nil || code != 0 {
		t.Fatalf("exit code %d, %v: %s", code, err, stderr)
	}
	if r2, ok := r["test_r2"].(float64); !ok || r2 < 0.9999 {
		t.Errorf("R² on a straight line is %v, want 1", r["test_r2"])
	}
	if _, has := r["test_accuracy"]; has {
		t.Errorf("a regression has an accuracy: %s", stdout)
	}
}

// Validation and patience: the run ends when the validation loss stops falling.
func TestPatience(t *testing.T) {
	code, stdout, stderr := run(t, "train", "csv", "--set", "data.path=../data/testdata/diabetes.csv", "--set", "data.target=progression",
		"--validation", "0.2", "--patience", "5", "--epochs", "1000", "--out", "", "--json")
	var r map[string]any
	if err := json.Unmarshal([]byte(stdout), &r); err != nil || code != 0 {
		t.Fatalf("exit code %d, %v: %s", code, err, stderr)
	}
	if r["reason"] != "converged" || !strings.Contains(r["detail"].(string), "validation loss has not fallen") || r["validation_loss"] == nil || r["validation_r2"] == nil {
		t.Errorf("%s", stdout)
	}
	_, _, stderr = run(t, "train", "csv", "--set", "data.path=../data/testdata/diabetes.csv", "--set", "data.target=progression",
		"--validation", "0.2", "--epochs", "2", "--out", "")
	if strings.Count(stderr, "  validation loss ") != 2 {
		t.Errorf("the progress does not show the validation of 2 epochs: %s", stderr)
	}
}

// The collections that are part of the program train well as they come: means
// over five seeds, each with its own split.
func TestShippedTables(t *testing.T) {
	for _, c := range []struct {
		name, key string
		want      float64
	}{{"iris", "test_accuracy", 0.93}, {"wine", "test_accuracy", 0.96}, {"breast_cancer", "test_accuracy", 0.96}, {"diabetes", "test_r2", 0.45}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var sum float64
			for _, seed := range []string{"1", "2", "3", "4", "5"} {
				code, stdout, stderr := run(t, "train", c.name, "--seed", seed, "--out", "", "--quiet", "--json")
				var r map[string]any
				if err := json.Unmarshal([]byte(stdout), &r); err != nil || code != 0 {
					t.Fatalf("exit code %d, %v: %s", code, err, stderr)
				}
				sum += r[c.key].(float64)
			}
			t.Logf("mean %s %.4f", c.key, sum/5)
			if !(sum/5 >= c.want) {
				t.Errorf("mean %s %.4f, want at least %v", c.key, sum/5, c.want)
			}
		})
	}
}
