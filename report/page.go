package report

import (
	"bytes"
	_ "embed" // the page
	"encoding/json"
	"fmt"
	"html"
	"strings"
)

// Page is a surface to turn and to point at, in one HTML file that needs nothing else: from
// above with contours, and in perspective; heights under the pointer, and paths
// step by step.
type Page struct {
	Title   string
	X, Y, Z string
	Grid    Grid
	Scale   Scale // the zero Scale is chosen by the heights
	Paths   []Path
	Points  []Point
	Notes   []string
}

//go:embed page.html
var pageHTML string

type pageJSON struct {
	X      string      `json:"x"`
	Y      string      `json:"y"`
	Z      string      `json:"z"`
	GX     []float64   `json:"gx"`
	GY     []float64   `json:"gy"`
	GZ     []*float64  `json:"gz"`
	Levels []float64   `json:"levels"`
	Colors []string    `json:"colors"` // of the bands between levels
	Log    bool        `json:"log"`
	Paths  []pathJSON  `json:"paths"`
	Points []pointJSON `json:"points"`
}

type pathJSON struct {
	Name  string     `json:"name"`
	X     []float64  `json:"x"`
	Y     []float64  `json:"y"`
	Steps []int64    `json:"steps"`
	Own   []*float64 `json:"own"`
	Color string     `json:"color"`
	Dash  []float64  `json:"dash"`
}

type pointJSON struct {
	Name string  `json:"name"`
	X    float64 `json:"x"`
	Y    float64 `json:"y"`
	Sign int     `json:"sign"`
}

// Save writes the page.
func (p *Page) Save(path string) error {
	text, err := p.Render()
	if err != nil {
		return err
	}
	return write(path, bytes.NewReader(text))
}

// Render is the page's text.
func (p *Page) Render() ([]byte, error) {
	c := &Contour{Grid: p.Grid, Scale: p.Scale}
	s, err := c.scaled()
	if err != nil {
		return nil, err
	}
	d := pageJSON{X: p.X, Y: p.Y, Z: p.Z, GX: p.Grid.X, GY: p.Grid.Y, GZ: orNull(p.Grid.Z), Levels: s.Levels, Log: s.Log, Paths: []pathJSON{}, Points: []pointJSON{}}
	n := len(s.Levels) - 1
	for k := range n {
		t := 0.5
		if n > 1 {
			t = float64(k) / float64(n-1)
		}
		c := heat(t, 0)
		d.Colors = append(d.Colors, fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B))
	}
	for _, path := range p.Paths {
		end := 0
		for end < len(path.X) && isFinite(path.X[end]) && isFinite(path.Y[end]) {
			end++
		}
		st := styles[path.Style%len(styles)]
		one := pathJSON{Name: path.Name, X: path.X[:end], Y: path.Y[:end], Color: fmt.Sprintf("#%02x%02x%02x", st.color.R, st.color.G, st.color.B), Dash: []float64{}}
		for _, l := range st.dash {
			one.Dash = append(one.Dash, l.Points())
		}
		if path.Steps != nil {
			one.Steps = path.Steps[:end]
		}
		if path.Own != nil {
			one.Own = orNull(path.Own[:end])
		}
		d.Paths = append(d.Paths, one)
	}
	for _, q := range p.Points {
		d.Points = append(d.Points, pointJSON{q.Name, q.X, q.Y, int(q.Sign)})
	}
	data, err := json.Marshal(d) // which escapes < and >, so no text ends the script
	if err != nil {
		return nil, err
	}
	var notes strings.Builder
	for _, n := range p.Notes {
		fmt.Fprintf(&notes, "<p>%s</p>\n", html.EscapeString(n))
	}
	return []byte(strings.NewReplacer("{{title}}", html.EscapeString(p.Title), "{{notes}}", notes.String(), "{{data}}", string(data)).Replace(pageHTML)), nil
}

// orNull is numbers for JSON, which has none that are not finite.
func orNull(x []float64) []*float64 {
	out := make([]*float64, len(x))
	for i := range x {
		if isFinite(x[i]) {
			out[i] = &x[i]
		}
	}
	return out
}
