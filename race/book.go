package race

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// The files of a race's folder. The first holds what the runs computed and is the
// same, byte by byte, on every machine; the second holds how long they took.
const (
	ResultsName = "race.json"
	TimesName   = "times.json"
)

// format is the version of both files.
const format = 1

// runKey is everything that a run's results depend on.
type runKey struct {
	Contender string // with its problem
	Rate      float64
	Seed      int64
}

func (k runKey) compare(o runKey) int {
	if c := strings.Compare(k.Contender, o.Contender); c != 0 {
		return c
	}
	switch {
	case k.Rate != o.Rate && k.Rate < o.Rate, k.Rate == o.Rate && k.Seed < o.Seed:
		return -1
	case k == o:
		return 0
	}
	return 1
}

// entry is a run in the results file, timing one in the other.
type entry struct {
	Contender string `json:"contender"`
	*Run
}

type timing struct {
	Contender string    `json:"contender"`
	Rate      float64   `json:"lr"`
	Seed      int64     `json:"seed"`
	Seconds   []float64 `json:"seconds"`
}

type file[T any] struct {
	Format int `json:"format"`
	Runs   []T `json:"runs"`
}

// book keeps the finished runs.
type book struct {
	dir   string // "" keeps them in memory alone
	runs  map[runKey]*Run
	saved time.Time
	dirty bool
}

func openBook(dir string) (*book, error) {
	b := &book{dir: dir, runs: map[runKey]*Run{}}
	if dir == "" {
		return b, nil
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, fmt.Errorf("out: %w", err)
	}
	var results file[entry]
	if err := readFile(filepath.Join(dir, ResultsName), &results); err != nil {
		return nil, err
	}
	for i, e := range results.Runs {
		if e.Run == nil || len(e.Steps) != len(e.Loss) || len(e.Loss) == 0 && e.Diverged == "" {
			return nil, fmt.Errorf("out: %s: run %d is incomplete; take another folder", filepath.Join(dir, ResultsName), i+1)
		}
		b.runs[runKey{e.Contender, e.Rate, e.Seed}] = e.Run
	}
	var times file[timing]
	if err := readFile(filepath.Join(dir, TimesName), &times); err != nil {
		return nil, err
	}
	for _, t := range times.Runs {
		if r := b.runs[runKey{t.Contender, t.Rate, t.Seed}]; r != nil && len(t.Seconds) == len(r.Steps) {
			r.Seconds = t.Seconds
		}
	}
	return b, nil
}

// readFile reads a file of the folder; one that is not there holds no runs.
func readFile[T any](path string, into *file[T]) error {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("out: %w", err)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("out: %s: %w; take another folder", path, err)
	}
	if into.Format != format {
		return fmt.Errorf("out: %s has format %d and this program knows %d; take another folder", path, into.Format, format)
	}
	return nil
}

func (b *book) find(k runKey) *Run { return b.runs[k] }

// add keeps a run; short ones are written together.
func (b *book) add(k runKey, r *Run) error {
	b.runs[k], b.dirty = r, true
	if time.Since(b.saved) < time.Second {
		return nil
	}
	return b.save()
}

// save writes both files, each beside the old one and then in its place.
func (b *book) save() error {
	if b.dir == "" || !b.dirty {
		return nil
	}
	keys := make([]runKey, 0, len(b.runs))
	for k := range b.runs {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, runKey.compare)
	results, times := file[entry]{Format: format}, file[timing]{Format: format}
	for _, k := range keys {
		r := b.runs[k]
		results.Runs = append(results.Runs, entry{k.Contender, r})
		times.Runs = append(times.Runs, timing{k.Contender, k.Rate, k.Seed, r.Seconds})
	}
	// The times come first: a run without them has a curve by steps alone.
	if err := writeFile(filepath.Join(b.dir, TimesName), times); err != nil {
		return err
	}
	if err := writeFile(filepath.Join(b.dir, ResultsName), results); err != nil {
		return err
	}
	b.saved, b.dirty = time.Now(), false
	return nil
}

func writeFile(path string, v any) error {
	text, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return fmt.Errorf("out: %s: %w", path, err)
	}
	if err := os.WriteFile(path+".new", append(text, '\n'), 0o666); err != nil {
		return fmt.Errorf("out: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("out: %w", err)
	}
	return nil
}
