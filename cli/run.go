package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"

	"github.com/godescent/descent/cli/spec"
	"github.com/godescent/descent/train"
)

// trained is a run's network, ready to measure and to predict.
type trained struct {
	*spec.Restored
	*train.Model
	saved *train.Checkpoint
}

// open reads the run in a folder, by its last checkpoint or the best one. An error
// is about the command's argument RUN.
func (a *app) open(command, dir string, best bool, threads int) (*trained, error) {
	wrap := func(err error) error { return fmt.Errorf("%s: %w", command, err) }
	path := filepath.Join(dir, train.CheckpointName)
	if best {
		path = filepath.Join(dir, train.BestName)
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("--best: %s has no %s; a run keeps it with --set checkpoint.best=true", dir, train.BestName)
		}
	} else if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %s holds no trained run; give the folder that descent train --out wrote", command, dir)
	}
	kernel, err := a.environmentKernel()
	if err != nil {
		return nil, err
	}
	r := &trained{}
	if r.saved, err = train.OpenFile(path); err != nil {
		return nil, wrap(err)
	}
	if r.Restored, err = spec.Restore(r.saved.Meta, a.tables); err != nil {
		return nil, wrap(err)
	}
	if r.Model, err = r.saved.Model(r.Network, train.Machine{Threads: threads, Kernel: kernel, Precision: r.Precision}); err != nil {
		return nil, wrap(err)
	}
	return r, nil
}

// pathless is an error of a path in a few words.
func pathless(err error) error {
	if p := (*fs.PathError)(nil); errors.As(err, &p) {
		return fmt.Errorf("%s: %w", p.Path, p.Err)
	}
	return err
}

// threadsFlag is how many threads a command asks for.
func threadsFlag(n int) error {
	if n < 0 || n > 4096 {
		return fmt.Errorf("--threads: %d is not a whole number in [0,4096]", n)
	}
	return nil
}

// notes tells on stderr what a user should know of data.
func (a *app) notes(notes []string) {
	for _, n := range notes {
		_, _ = fmt.Fprintln(a.err, "note:", n) // nowhere else to say it
	}
}

// streamGC is how much garbage, in percent of what is in use, may lie about where memory is bounded: steps
// make none, so that little of it costs no time.
const streamGC = 10

// build is the run of a specification.
func (a *app) build(s *spec.Spec) (*spec.Run, error) {
	if s.Memory > 0 {
		debug.SetGCPercent(streamGC)
	}
	return s.Build()
}
