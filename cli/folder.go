package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/godescent/descent/cli/spec"
	"github.com/godescent/descent/train"
)

// SpecName is the specification's file name in a run's folder; the other files
// are train.MetricsName and train.CheckpointName.
const SpecName = "spec.yaml"

// runsFolder is where runs without --out go.
const runsFolder = "runs"

// mayChange are the keys that a resumed run may change: how far it goes, and what
// its weights do not depend on.
var mayChange = []string{"epochs", "steps", "threads", "kernel", "checkpoint", "tensorboard"}

// chooseFolder settles where a new run is written.
func (a *app) chooseFolder(c *cobra.Command, j *job, f trainFlags) error {
	if !c.Flags().Changed("out") {
		name := strings.TrimSuffix(strings.ReplaceAll(j.Name, " ", "_"), filepath.Ext(j.Name)) + "-" + j.Spec.Optimizer.Kind
		j.out = unused(filepath.Join(runsFolder, name+"-"+time.Now().Format("20060102-150405")))
		return nil
	}
	j.out = f.out
	if j.out == "" || f.overwrite {
		return nil
	}
	old, err := os.ReadFile(filepath.Join(j.out, SpecName))
	if err != nil {
		if _, err := os.Stat(filepath.Join(j.out, train.CheckpointName)); err == nil {
			return fmt.Errorf("--out: %s holds a checkpoint without its %s; take another folder, or --overwrite", j.out, SpecName)
		}
		return nil // no run is there, or the folder cannot be read and prepare says so
	}
	// The same run again gives the same weights, so nothing is lost.
	if changed, err := changes(old, j.doc, nil); err != nil || len(changed) > 0 {
		return fmt.Errorf("--out: %s holds another run; go on with it by --resume, take another folder, or --overwrite", j.out)
	}
	return nil
}

// unused is the path, or with a number behind it if it is taken.
func unused(path string) string {
	for i := 1; ; i++ {
		p := path
		if i > 1 {
			p += "-" + strconv.Itoa(i)
		}
		if _, err := os.Lstat(p); errors.Is(err, fs.ErrNotExist) || i > 1000 {
			return p
		}
	}
}

// prepare makes the folder and writes the specification.
func (a *app) prepare(j *job) error {
	if j.out == "" {
		return nil
	}
	short := func(err error) error {
		if p := (*fs.PathError)(nil); errors.As(err, &p) {
			return fmt.Errorf("--out: cannot write to %s: %w; take another folder, or --out \"\" to write nothing", j.out, p.Err)
		}
		return fmt.Errorf("--out: %w", err)
	}
	if err := os.MkdirAll(j.out, 0o777); err != nil {
		return short(err)
	}
	if !j.resuming {
		old, err := train.Numbered(j.out)
		if err != nil {
			return short(err)
		}
		events, err := train.EventFiles(j.out)
		if err != nil {
			return short(err)
		}
		for _, path := range append(append(old, events...), filepath.Join(j.out, train.BestName), filepath.Join(j.out, train.CheckpointName)) {
			if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return short(err)
			}
		}
	}
	path := filepath.Join(j.out, SpecName)
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, j.doc) {
		return nil
	}
	if err := train.WriteFile(path, j.doc); err != nil {
		return short(err)
	}
	return nil
}

// resume checks that the run in the folder is the one that the flags describe.
func (a *app) resume(c *cobra.Command, j *job, f trainFlags) error {
	if f.resume == "" {
		return fmt.Errorf("--resume: which run? give the folder that it was written to")
	}
	if c.Flags().Changed("out") && filepath.Clean(f.out) != filepath.Clean(f.resume) {
		return fmt.Errorf("--out: a resumed run stays in its folder, %s; leave --out out", f.resume)
	}
	j.out = f.resume
	if _, err := os.Stat(filepath.Join(j.out, train.CheckpointName)); errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(filepath.Join(j.out, SpecName)); err != nil {
			return fmt.Errorf("--resume: %s holds no run", j.out)
		}
		_, _ = fmt.Fprintf(a.err, "%s was stopped before its first checkpoint: starting again\n", j.out)
		return nil
	}
	meta, err := train.ReadMeta(j.out)
	if err != nil {
		return fmt.Errorf("--resume: %w", err)
	}
	changed, err := changes([]byte(meta["spec"]), j.doc, mayChange)
	if err != nil {
		return fmt.Errorf("--resume: the checkpoint's specification: %w", err)
	}
	if len(changed) > 0 {
		d := changed[0]
		return j.Spec.At(d.Path, fmt.Errorf("the run in %s has %s %s, not %s; a resumed run may change only %s",
			j.out, d.Path, orNothing(d.Was), orNothing(d.Is), strings.Join(mayChange, ", ")))
	}
	if meta["data"] != j.Config.Meta["data"] {
		return fmt.Errorf("--resume: the data in %s are not those that the run in %s began with", j.Name, j.out)
	}
	j.Config.Resume = true
	return nil
}

func orNothing(s string) string {
	if s == "" {
		return "nothing"
	}
	return s
}

// changes are the differences between specifications, but for some keys.
func changes(was, is []byte, except []string) ([]spec.Difference, error) {
	all, err := spec.Differences(was, is)
	var out []spec.Difference
	for _, d := range all {
		free := false
		for _, key := range except {
			free = free || d.Path == key || strings.HasPrefix(d.Path, key+".")
		}
		if !free {
			out = append(out, d)
		}
	}
	return out, err
}
