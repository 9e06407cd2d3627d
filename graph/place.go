package graph

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// Place is a line of source.
type Place struct {
	File string
	Line int
}

// String is the place as compilers print it, relative to the working
// directory where that is shorter.
func (p Place) String() string {
	if p.File == "" {
		return "unknown place"
	}
	file := p.File
	if wd, err := os.Getwd(); err == nil {
		if rel, err := filepath.Rel(wd, file); err == nil && len(rel) < len(file) && !strings.HasPrefix(rel, "..") {
			return fmt.Sprintf("%s:%d", rel, p.Line)
		}
	}
	return fmt.Sprintf("%s:%d", filepath.Join(filepath.Base(filepath.Dir(file)), filepath.Base(file)), p.Line)
}

const module = "github.com/godescent/descent/"

// insideGraph skips the rooms that only translate: a node is made by the first
// caller outside them.
var insideGraph = []string{"graph.", "autodiff."}

// insideLibrary skips every room that builds graphs for its user: a mistake is
// the first caller's outside them.
var insideLibrary = []string{"graph.", "autodiff.", "weights.", "nn.", "loss.", "initial.", "optim.", "schedule.", "objective.", "program.", "train.", "data/augment."}

type frame struct {
	place Place
	fn    string
}

// placeCache remembers what a program counter means; resolving one is slow.
type placeCache map[uintptr][]frame

// here is the innermost caller of the exported method that calls it whose
// function lies in none of the skipped packages of this module (their tests are
// callers too), or else the outermost frame seen.
func (c placeCache) here(skip []string) Place {
	// Walking the stack is what takes the time, and the caller is mostly near.
	var pcs [64]uintptr
	var last Place
	for _, depth := range []int{8, len(pcs)} {
		n := runtime.Callers(3, pcs[:depth])
		for _, pc := range pcs[:n] {
			for _, f := range c.resolve(pc) {
				if !skipped(f, skip) {
					return f.place
				}
				last = f.place
			}
		}
		if n < depth {
			break
		}
	}
	return last
}

func (c placeCache) resolve(pc uintptr) []frame {
	if f, ok := c[pc]; ok {
		return f
	}
	var out []frame
	frames := runtime.CallersFrames([]uintptr{pc})
	for {
		f, more := frames.Next()
		out = append(out, frame{Place{f.File, f.Line}, f.Function})
		if !more {
			break
		}
	}
	c[pc] = out
	return out
}

func skipped(f frame, skip []string) bool {
	name, ok := strings.CutPrefix(f.fn, module)
	if !ok {
		return strings.HasPrefix(f.fn, "runtime.")
	}
	if strings.HasSuffix(f.place.File, "_test.go") {
		return false
	}
	for _, p := range skip {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	return false
}
