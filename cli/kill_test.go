package cli_test

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/godescent/descent/train"
)

// killedRun is a run that saves after every step, and so is mostly saving.
func killedRun(dir string, resume bool) []string {
	args := []string{"train", "wine", "--epochs", "40", "--save-steps", "1", "--validation", "0.1",
		"--set", "checkpoint.best=true", "--set", "checkpoint.keep=3", "--json", "--quiet", "--out", dir}
	if resume {
		args = []string{"train", "--resume", dir, "--json", "--quiet"}
	}
	return args
}

// A run that is killed at points of chance, while it starts, trains or saves, always has
// checkpoints that can be read, and goes on to the weights of one that never was.
func TestKilled(t *testing.T) {
	kills := 4
	if *long {
		kills = 100
	}
	whole := trained(t, killedRun(t.TempDir(), false)[1:]...)
	random := rand.New(rand.NewPCG(1, 2))
	dir, took, found := t.TempDir(), 200*time.Millisecond, 0
	for done := 0; done < kills; {
		_, err := os.Stat(filepath.Join(dir, "spec.yaml"))
		c := exec.Command("descent", killedRun(dir, err == nil)...)
		var out, said strings.Builder
		c.Stdout, c.Stderr = &out, &said
		began := time.Now()
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		timer := time.AfterFunc(time.Duration(random.Float64()*float64(took)), func() { _ = c.Process.Kill() })
		err = c.Wait()
		ended := !timer.Stop() && err == nil || err == nil
		if x := (*exec.ExitError)(nil); err != nil && (!errors.As(err, &x) || x.ExitCode() >= 0) {
			t.Fatalf("after %d kills the run fails: %v: %s", done, err, said.String())
		}
		for _, path := range checkpoints(t, dir) {
			if _, err := train.OpenFile(path); err != nil {
				t.Fatalf("after %d kills: %v", done, err)
			}
			found++
		}
		if ended {
			if got := parseResult(t, out.String()); got.WeightsSHA256 != whole.WeightsSHA256 || *got.TestLoss != *whole.TestLoss {
				t.Fatalf("after %d kills the weights are %s, want %s", done, got.WeightsSHA256, whole.WeightsSHA256)
			}
			took, dir = max(took/2, time.Since(began)), t.TempDir()
			continue
		}
		done++
	}
	if found == 0 {
		t.Error("no checkpoint was there to be read")
	}
	if _, err := os.Stat(filepath.Join(dir, "spec.yaml")); err != nil {
		return // killed before it began
	}
	got := trained(t, killedRun(dir, true)[1:]...)
	if got.WeightsSHA256 != whole.WeightsSHA256 || *got.TestLoss != *whole.TestLoss {
		t.Errorf("after %d kills the weights are %s, want %s", kills, got.WeightsSHA256, whole.WeightsSHA256)
	}
	left, err := filepath.Glob(filepath.Join(dir, "*.tmp"))
	if err != nil || len(left) > 0 {
		t.Errorf("what was killed in the middle is left: %v, %v", left, err)
	}
}

// checkpoints are all that a folder holds.
func checkpoints(t *testing.T, dir string) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if strings.HasSuffix(path, ".safetensors") {
			all = append(all, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
