package cli

import (
	"fmt"
	"math"
	"path/filepath"
	"strings"

	"github.com/godescent/descent/report"
)

// draw makes the picture.
func (s *landscape) draw() error {
	var paths []report.Path
	for i, t := range s.paths {
		p := report.Path{Name: t.name, Steps: t.step, X: t.x, Y: t.y, Style: i}
		if t.projected {
			p.Own = t.e
		}
		paths = append(paths, p)
	}
	above := &report.Contour{X: s.x, Y: s.y, Z: s.z, Grid: s.grid, Scale: s.scale, Paths: paths, Points: s.points}
	notes := append([]string(nil), s.notes...)
	if n := above.Note(); n != "" {
		notes = append(notes, n)
	}
	for _, t := range s.paths {
		if t.lost != "" {
			notes = append(notes, t.name+": "+t.lost)
		}
	}
	if strings.EqualFold(filepath.Ext(s.out), ".html") {
		return (&report.Page{Title: s.title, X: s.x, Y: s.y, Z: s.z, Grid: s.grid, Scale: s.scale, Paths: paths, Points: s.points, Notes: notes}).Save(s.out)
	}
	side := &report.Perspective{X: s.x, Y: s.y, Z: s.z, Grid: s.grid, Scale: s.scale, Paths: paths}
	return (&report.Figure{Title: s.title, Panels: []report.Panel{above, side}, Notes: notes}).Save(s.out)
}

// surfaceJSON is the object that surface --json prints of a plane.
type surfaceJSON struct {
	Name       string       `json:"name"`
	Kind       string       `json:"kind"` // function or network
	Title      string       `json:"title"`
	Directions string       `json:"directions,omitempty"`
	X          []float64    `json:"x"`
	Y          []float64    `json:"y"`
	E          [][]*float64 `json:"e"` // a row for each y; null where E is not finite
	Lo         *float64     `json:"lowest"`
	Hi         *float64     `json:"highest"`
	Missing    int          `json:"not_finite"`
	Explained  []float64    `json:"explained,omitempty"`
	Paths      []trailJSON  `json:"paths"`
	Reused     int          `json:"rows_reused"`
	Notes      []string     `json:"notes"`
	Seconds    float64      `json:"seconds"`
	Out        string       `json:"out"`
}

type trailJSON struct {
	Name      string     `json:"name"`
	Steps     []int64    `json:"step"`
	X         []float64  `json:"x"`
	Y         []float64  `json:"y"`
	E         []*float64 `json:"e"` // its own
	Residuals []float64  `json:"residual,omitempty"`
	Lost      string     `json:"lost,omitempty"`
}

func (s *landscape) json() surfaceJSON {
	j := surfaceJSON{
		Name: s.name, Kind: s.kind, Title: s.title, Directions: s.directions, X: s.grid.X, Y: s.grid.Y, Missing: s.grid.Missing(), Explained: s.explained,
		Paths: []trailJSON{}, Reused: s.reused, Notes: append([]string{}, s.notes...), Seconds: s.seconds, Out: s.out,
	}
	lo, hi := s.ends()
	j.Lo, j.Hi = finite(lo), finite(hi)
	n := len(s.grid.X)
	for r := range s.grid.Y {
		j.E = append(j.E, nullable(s.grid.Z[r*n:(r+1)*n]))
	}
	for _, t := range s.paths {
		j.Paths = append(j.Paths, trailJSON{t.name, t.step, t.x, t.y, nullable(t.e), t.residual, t.lost})
	}
	return j
}

func nullable(x []float64) []*float64 {
	out := make([]*float64, len(x))
	for i, v := range x {
		out[i] = finite(v)
	}
	return out
}

// ends are the lowest and the highest finite height.
func (s *landscape) ends() (lo, hi float64) {
	lo, hi = math.Inf(1), math.Inf(-1)
	for _, z := range s.grid.Z {
		if finite(z) != nil {
			lo, hi = math.Min(lo, z), math.Max(hi, z)
		}
	}
	return lo, hi
}

func (a *app) printLandscape(s *landscape) error {
	if _, err := fmt.Fprintln(a.out, a.out.paint(bold, s.title)); err != nil {
		return err
	}
	row := func(what, format string, args ...any) []string {
		return []string{a.out.paint(dim, what), fmt.Sprintf(format, args...)}
	}
	lo, hi := s.ends()
	rows := [][]string{row("E", "%.4g to %.4g at %s points", lo, hi, grouped(int64(len(s.grid.Z))))}
	if n := s.grid.Missing(); n > 0 {
		rows[0][1] += fmt.Sprintf(", %s of them not finite", grouped(int64(n)))
	}
	if s.reused > 0 {
		rows[0][1] += fmt.Sprintf("; %d of %d rows were there", s.reused, len(s.grid.Y))
	}
	for _, t := range s.paths {
		last := len(t.x) - 1
		text := fmt.Sprintf("E %.4g to %.4g in %s steps, to %.4g, %.4g", t.e[0], t.e[last], grouped(t.step[last]), t.x[last], t.y[last])
		if t.lost != "" {
			text += "; " + t.lost
		}
		rows = append(rows, row(t.name, "%s", text))
	}
	for i, n := range s.notes {
		what := ""
		if i == 0 {
			what = "note"
		}
		rows = append(rows, row(what, "%s", n))
	}
	rows = append(rows, row("picture", "%s", s.out))
	return a.out.table(rows)
}
