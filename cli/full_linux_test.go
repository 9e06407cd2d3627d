package cli_test

import (
	"os"
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

// Whatever writes a file ends with one line that names it, exit code 1, and leaves no part of it.
func TestFullDiskOfOthers(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Skipf("a small disk cannot be mounted here: %v", err)
	}
	defer func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) }()
	iris, err := filepath.Abs("../data/testdata/iris.csv")
	if err != nil {
		t.Fatal(err)
	}
	trainedIn := filepath.Join(t.TempDir(), "run")
	if code, _, stderr := run(t, "train", "csv", "--set", "data.path="+iris, "--set", "data.target=species", "--steps", "5", "--quiet", "--out", trainedIn); code != 0 {
		t.Fatal(stderr)
	}
	// All of it but a page or so is taken.
	if err := os.WriteFile(filepath.Join(dir, "taken"), make([]byte, 64<<10), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"init", iris, "--out", "a.yaml"},
		{"predict", trainedIn, iris, "--out", "a.csv"},
		{"export", trainedIn, "--onnx", "a.onnx"},
		{"export", trainedIn, "--safetensors", "a.safetensors"},
		{"surface", "himmelblau", "--points", "21", "--out", "a.html"},
		{"surface", "himmelblau", "--points", "21", "--out", "a.png"},
		{"compare", "iris", "--optimizers", "sgd:lr=0.1", "--seeds", "1", "--steps", "4", "--quiet", "--out", "a"},
	} {
		name := args[len(args)-1]
		args[len(args)-1] = filepath.Join(dir, name)
		code, _, stderr := run(t, args...)
		if code != 1 || strings.Count(stderr, "\n") != 1 || strings.Count(stderr, "no space left on device") != 1 || !strings.Contains(stderr, name) {
			t.Errorf("%s: exit code %d: %q", strings.Join(args, " "), code, stderr)
		}
		if left, err := os.Stat(filepath.Join(dir, name)); err == nil && !left.IsDir() {
			t.Errorf("%s is left behind", name)
		}
	}
}

// A temporary file that there is no room for is one clear line and exit code 1, and leaves nothing.
func TestFullTemporary(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=160k"); err != nil {
		t.Skipf("a small disk cannot be mounted here: %v", err)
	}
	defer func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) }()
	table := numbersTable(t, 20_000)
	t.Setenv("TMPDIR", dir)
	for _, command := range []string{"train", "compare"} {
		code, _, stderr := run(t, append([]string{command}, onTable(table, "--out", "")...)...)
		want := "numbers.csv: its examples are kept in a temporary file in " + dir + ", which failed after "
		if code != 1 || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, want) || !strings.Contains(stderr, "no space left on device; name a folder with more room by TMPDIR") {
			t.Errorf("%s: exit code %d: %q", command, code, stderr)
		}
		nothingLeft(t, dir)
	}
}
