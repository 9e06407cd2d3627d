package cli_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/godescent/descent/cli"
	"github.com/godescent/descent/tensor"
)

// numbersTable is a table of two numbers and their class.
func numbersTable(t *testing.T, rows int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "numbers.csv")
	var b strings.Builder
	b.WriteString("a,b,class\n")
	for i := range rows {
		fmt.Fprintf(&b, "%d,%d,%s\n", i*37%1001, i*61%997, []string{"low", "high"}[i*37%1001/501])
	}
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// onTable are arguments of a run that streams the table.
func onTable(path string, more ...string) []string {
	return append([]string{"csv", "--set", "data.path=" + path, "--set", "data.target=class", "--set", "memory=64KiB", "--hidden", "8", "--quiet"}, more...)
}

// started runs the command until a file holds a text, then sends a signal; temporary files go to a folder.
func started(t *testing.T, temp, file, text string, signal os.Signal, args ...string) (code int, stderr string) {
	t.Helper()
	c := exec.Command("descent", args...)
	var e bytes.Buffer
	c.Stderr, c.Env = &e, append(os.Environ(), "TMPDIR="+temp)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(time.Millisecond) {
		b, err := os.ReadFile(file)
		if err == nil && bytes.Contains(b, []byte(text)) || time.Now().After(deadline) {
			break
		}
	}
	_ = c.Process.Signal(signal) // it may have ended
	err := c.Wait()
	if x := (*exec.ExitError)(nil); err != nil && !errors.As(err, &x) {
		t.Fatal(err)
	}
	return c.ProcessState.ExitCode(), e.String()
}

func nothingLeft(t *testing.T, dir string) {
	t.Helper()
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("temporary files are left: %v, %v", left, err)
	}
}

// A run on a table larger than its memory that is killed or interrupted within an epoch goes on to the weights of
// one that was not, and leaves no temporary file; so does a race, to the results of one that was not.
func TestStopStreams(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no signals there")
	}
	table, dir, temp := numbersTable(t, 20_000), t.TempDir(), t.TempDir()
	whole := trained(t, onTable(table, "--epochs", "12", "--out", "")...)
	for name, signal := range map[string]syscall.Signal{"killed": syscall.SIGKILL, "interrupted": syscall.SIGINT} {
		out := filepath.Join(dir, name)
		args := onTable(table, "--epochs", "12", "--save-steps", "70", "--out", out)
		if code, stderr := started(t, temp, filepath.Join(out, "metrics.jsonl"), `"step":2000,`, signal, append([]string{"train"}, args...)...); code == 0 {
			t.Log("the run was faster than the signal")
		} else if signal == syscall.SIGINT && code != cli.ExitInterrupted {
			t.Errorf("exit code %d: %s", code, stderr)
		}
		nothingLeft(t, temp)
		if r := trained(t, "--resume", out, "--quiet"); r.WeightsSHA256 != whole.WeightsSHA256 || r.Steps != whole.Steps || *r.TrainLoss != *whole.TrainLoss {
			t.Errorf("%s and resumed: %+v, want %+v", name, r, whole)
		}
	}
	race := func(out string) []string {
		return append([]string{"compare"}, onTable(table, "--optimizers", "sgd:lr=0.1|0.3,adam:lr=0.001|0.01", "--seeds", "3", "--epochs", "1", "--out", filepath.Join(dir, out))...)
	}
	for _, out := range []string{"race", "stopped"} {
		if out == "stopped" {
			code, stderr := started(t, temp, filepath.Join(dir, out, "race.json"), "seed", os.Interrupt, race(out)...)
			if code == 0 {
				t.Log("the race was faster than the signal")
			} else if code != cli.ExitInterrupted || !strings.Contains(stderr, "go on with the same command") {
				t.Errorf("exit code %d: %s", code, stderr)
			}
			nothingLeft(t, temp)
		}
		if code, _, stderr := run(t, race(out)...); code != 0 {
			t.Fatalf("exit code %d: %s", code, stderr)
		}
	}
	a, err := os.ReadFile(filepath.Join(dir, "race", "race.json"))
	if err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(filepath.Join(dir, "stopped", "race.json")); err != nil || !bytes.Equal(a, b) {
		t.Errorf("a race that went on has other results, %v", err)
	}
}

// A file that is cut while it is trained on ends the run with one line.
func TestCutFile(t *testing.T) {
	dir := t.TempDir()
	const rows = 20_000
	x, y := tensor.New(tensor.Float32, rows, 4), tensor.New(tensor.Uint8, rows)
	for i := range rows {
		x.SetAt(4*i, float64(i%2))
		y.SetAt(i, float64(i%2))
	}
	for name, a := range map[string]*tensor.Array{"x.npy": x, "y.npy": y} {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(tensor.WriteNpy(f, a), f.Close()); err != nil {
			t.Fatal(err)
		}
	}
	path, out := filepath.Join(dir, "x.npy"), filepath.Join(dir, "run")
	// What a finished run's folder says opens the arrays again.
	short := filepath.Join(dir, "short")
	trained(t, "npy", "--set", "data.examples="+path, "--set", "data.labels="+filepath.Join(dir, "y.npy"), "--set", "memory=64KiB", "--steps", "5", "--out", short, "--quiet")
	if code, stdout, stderr := run(t, "evaluate", short); code != 0 || !strings.Contains(stdout, "of 4,000") {
		t.Errorf("exit code %d: %s%s", code, stdout, stderr)
	}
	if code, _, stderr := run(t, "train", "--resume", short, "--steps", "9", "--json", "--quiet"); code != 0 {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	c := exec.Command("descent", "train", "npy", "--set", "data.examples="+path, "--set", "data.labels="+filepath.Join(dir, "y.npy"),
		"--set", "memory=64KiB", "--hidden", "4", "--epochs", "100000", "--out", out, "--quiet")
	var e bytes.Buffer
	c.Stderr = &e
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if b, err := os.ReadFile(filepath.Join(out, "metrics.jsonl")); err == nil && len(b) > 0 {
			break
		}
	}
	if err := os.Truncate(path, 1000); err != nil {
		t.Fatal(err)
	}
	err := c.Wait()
	if x := (*exec.ExitError)(nil); !errors.As(err, &x) || x.ExitCode() != cli.ExitFailed || strings.Count(e.String(), "\n") != 1 ||
		!strings.Contains(e.String(), "x.npy: the file changed while it was read: it had 320128 bytes and has 1000") {
		t.Errorf("%v: %s", err, e.String())
	}
}
