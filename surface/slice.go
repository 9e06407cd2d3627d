package surface

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
)

// Slice is E on a grid of points of a plane.
type Slice struct {
	Space *Space
	Plane Plane
	X, Y  []float64 // a and b of the grid
	// Folder keeps finished rows, so that the same slice again, or one that was stopped,
	// computes only what is missing. "" keeps nothing.
	Folder string
	// Of says what E is, beside the plane, as far as it can differ: examples, statistics.
	Of string
	// Progress, if not nil, is told how many of the rows are done.
	Progress func(done, rows int)
}

// row is a line of a folder's file. E has null where E is not finite.
type row struct {
	Y float64    `json:"y"`
	E []*float64 `json:"e"`
}

// Run computes the heights, Z[j*len(X)+i] at X[i], Y[j]; NaN is where E is not finite.
// reused is how many rows were kept from before. When ctx ends, its error comes back and
// the rows that are done stay in the folder.
func (s *Slice) Run(ctx context.Context) (z []float64, reused int, err error) {
	known := map[float64][]*float64{}
	var keep *os.File
	if s.Folder != "" {
		if keep, known, err = s.open(); err != nil {
			return nil, 0, err
		}
		defer func() { err = errors.Join(err, keep.Close()) }()
	}
	z = make([]float64, 0, len(s.X)*len(s.Y))
	at := make([]float64, s.Space.Size())
	for j, b := range s.Y {
		line := known[b]
		if line != nil {
			reused++
		}
		for i := len(line); i < len(s.X); i++ {
			s.Plane.At(at, s.X[i], b)
			e, err := s.Space.Loss(ctx, at)
			if err != nil {
				return nil, reused, err
			}
			line = append(line, finite(e))
		}
		if known[b] == nil && keep != nil {
			text, err := json.Marshal(row{b, line})
			if err != nil {
				return nil, reused, err
			}
			if _, err := keep.Write(append(text, '\n')); err != nil {
				return nil, reused, err
			}
		}
		for _, e := range line {
			if e == nil {
				z = append(z, math.NaN())
				continue
			}
			z = append(z, *e)
		}
		if s.Progress != nil {
			s.Progress(j+1, len(s.Y))
		}
	}
	return z, reused, nil
}

func finite(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &x
}

// key tells slices apart whose rows differ.
func (s *Slice) key() string {
	h := sha256.New()
	for _, part := range [][]float64{s.Plane.Origin, s.Plane.A, s.Plane.B, s.X} {
		var b bytes.Buffer
		for _, x := range part {
			b.Write(binary.LittleEndian.AppendUint64(nil, math.Float64bits(x)))
		}
		fmt.Fprintf(h, "%d:", len(part))
		h.Write(b.Bytes())
	}
	h.Write([]byte(s.Of))
	return hex.EncodeToString(h.Sum(nil))
}

// open reads the rows that are there and goes to the end of them. A row that was not
// written whole is written again.
func (s *Slice) open() (*os.File, map[float64][]*float64, error) {
	if err := os.MkdirAll(s.Folder, 0o777); err != nil {
		return nil, nil, pathless(err)
	}
	f, err := os.OpenFile(filepath.Join(s.Folder, "slice-"+s.key()[:16]+".jsonl"), os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, nil, pathless(err)
	}
	known := map[float64][]*float64{}
	in, end := bufio.NewReader(f), int64(0)
	for {
		line, err := in.ReadBytes('\n')
		var r row
		if err != nil || json.Unmarshal(line, &r) != nil || len(r.E) != len(s.X) {
			break
		}
		known[r.Y] = r.E
		end += int64(len(line))
	}
	if err = f.Truncate(end); err == nil {
		_, err = f.Seek(end, 0)
	}
	if err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	return f, known, nil
}

func pathless(err error) error {
	if p := (*fs.PathError)(nil); errors.As(err, &p) {
		return fmt.Errorf("%s: %w", p.Path, p.Err)
	}
	return err
}

// Way is E along the straight line between two points.
type Way struct {
	T, E []float64 // E(t) at (1−t)·from + t·to; NaN where it is not finite
	// Barrier is the most that E rises above the straight line between its ends,
	// max over t of E(t) − ((1−t)E(0) + tE(1)), at Top: 0 if it rises nowhere.
	// Frankle, Dziugaite, Roy, Carbin: Linear Mode Connectivity, 2020; Entezari et al. 2022, eq. 1.
	Barrier, Top float64
}

// NewWay measures E at n points, both ends among them.
func NewWay(ctx context.Context, s *Space, from, to []float64, n int, progress func(done, points int)) (*Way, error) {
	if len(from) != s.Size() || len(to) != s.Size() || n < 2 {
		return nil, fmt.Errorf("surface: %d points between %d and %d numbers; want at least 2 points and %d numbers", n, len(from), len(to), s.Size())
	}
	w := &Way{T: Even(0, 1, n), E: make([]float64, n)}
	at := make([]float64, len(from))
	for k, t := range w.T {
		for i := range at {
			at[i] = (1-t)*from[i] + t*to[i]
		}
		e, err := s.Loss(ctx, at)
		if err != nil {
			return nil, err
		}
		if w.E[k] = e; finite(e) == nil {
			w.E[k] = math.NaN()
		}
		if progress != nil {
			progress(k+1, n)
		}
	}
	for k, t := range w.T {
		if rise := w.E[k] - ((1-t)*w.E[0] + t*w.E[n-1]); rise > w.Barrier {
			w.Barrier, w.Top = rise, t
		}
	}
	return w, nil
}
