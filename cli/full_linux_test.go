package cli_test

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/godescent/descent/train"
)

// On a disk that is full the run ends with one clear line and exit code 1, the
// checkpoint before stays, and with room the run goes on to the weights of one that had it.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=160k"); err != nil {
		t.Skipf("a small disk cannot be mounted here: %v", err)
	}
	defer func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) }()
	args := func(out string) []string {
		return []string{"train", "wine", "--epochs", "40", "--save-steps", "10", "--set", "checkpoint.keep=30", "--json", "--quiet", "--out", out}
	}
	code, _, stderr := run(t, args(filepath.Join(dir, "run"))...)
	if code != 1 || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, "no space left on device") {
		t.Fatalf("exit code %d: %q", code, stderr)
	}
	saved, err := train.Open(filepath.Join(dir, "run"))
	if err != nil {
		t.Fatal(err)
	}
	left, err := filepath.Glob(filepath.Join(dir, "run", "*.tmp"))
	if err != nil || len(left) > 0 {
		t.Errorf("a part of a checkpoint is left: %v, %v", left, err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT, "size=8m"); err != nil {
		t.Fatal(err)
	}
	got := trained(t, "--resume", filepath.Join(dir, "run"), "--quiet")
	if want := trained(t, args(t.TempDir())[1:]...); got.WeightsSHA256 != want.WeightsSHA256 {
		t.Errorf("from step %d on: weights %s, want %s", saved.Step, got.WeightsSHA256, want.WeightsSHA256)
	}
}
