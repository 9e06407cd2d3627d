package report_test

import (
	"bytes"
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/godescent/descent/report"
)

// bowl is x² + 25y² with a hole where no height is.
func bowl(hole bool) report.Grid {
	var g report.Grid
	for i := range 31 {
		g.X, g.Y = append(g.X, -3+0.2*float64(i)), append(g.Y, -1.5+0.1*float64(i))
	}
	for _, y := range g.Y {
		for _, x := range g.X {
			z := x*x + 25*y*y
			if hole && x > 1.5 && y > 0.7 {
				z = math.NaN()
			}
			g.Z = append(g.Z, z)
		}
	}
	return g
}

func figure(hole bool) *report.Figure {
	path := report.Path{Name: "a path", X: []float64{-2.5, -1, 0}, Y: []float64{1, 0.5, 0}}
	c := &report.Contour{X: "along", Y: "across", Z: "E", Grid: bowl(hole), Paths: []report.Path{path}, Points: []report.Point{{Name: "minimum"}}}
	return &report.Figure{Title: "a bowl", Panels: []report.Panel{c, &report.Perspective{X: "along", Y: "across", Z: "E", Grid: bowl(hole), Paths: []report.Path{path}}}, Notes: []string{"a note below"}}
}

func picture(t *testing.T, f *report.Figure) image.Image {
	t.Helper()
	var b, again bytes.Buffer
	if err := f.WritePNG(&b); err != nil {
		t.Fatal(err)
	}
	if err := f.WritePNG(&again); err != nil || !bytes.Equal(b.Bytes(), again.Bytes()) {
		t.Fatalf("the same figure is drawn in two ways: %v", err)
	}
	m, err := png.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func count(m image.Image, is func(color.NRGBA) bool) (n int) {
	for y := range m.Bounds().Dy() {
		for x := range m.Bounds().Dx() {
			if is(color.NRGBAModel.Convert(m.At(x, y)).(color.NRGBA)) {
				n++
			}
		}
	}
	return n
}

// The picture holds the surface in many colours, the path in its own, and hatching where
// there are no heights, and its edge is white: nothing is cut off.
func TestPicture(t *testing.T) {
	whole, holed := picture(t, figure(false)), picture(t, figure(true))
	blue := func(c color.NRGBA) bool { return c == color.NRGBA{0, 114, 178, 255} }
	stripe := func(c color.NRGBA) bool { return c.R == c.G && c.G == c.B && c.R > 105 && c.R < 145 }
	seen := map[color.NRGBA]int{}
	count(whole, func(c color.NRGBA) bool { seen[c]++; return false })
	many := 0
	for _, n := range seen {
		if n > 300 {
			many++
		}
	}
	if many < 10 || count(whole, blue) < 100 {
		t.Errorf("%d colours with an area, %d pixels of path", many, count(whole, blue))
	}
	if count(holed, stripe) < count(whole, stripe)+500 {
		t.Errorf("hatched: %d without a hole, %d with one", count(whole, stripe), count(holed, stripe))
	}
	b := whole.Bounds()
	for x := range b.Dx() {
		for _, y := range []int{0, b.Dy() - 1} {
			if r, g, bl, _ := whole.At(x, y).RGBA(); r != 0xffff || g != 0xffff || bl != 0xffff {
				t.Fatalf("something is drawn at the edge: %d, %d", x, y)
			}
		}
	}
}

func TestSVG(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.svg")
	if err := figure(true).Save(path); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"along", "across", "a bowl", "a path", "minimum", "no finite value", "a note below"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the picture does not say %q", want)
		}
	}
}

// The page holds its data as JSON, no address to load from, and a name cannot end its script.
func TestPage(t *testing.T) {
	p := &report.Page{Title: "a <b>owl", X: "x", Y: "y", Z: "E", Grid: bowl(true), Paths: []report.Path{{Name: "</script><img>", Steps: []int64{0, 6, 12}, X: []float64{0, 1, math.NaN()}, Y: []float64{0, 1, 2}}}}
	text, err := p.Render()
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	if strings.Count(page, "</script>") != 1 || strings.Contains(page, "<img") || !strings.Contains(page, "a &lt;b&gt;owl") {
		t.Error("a name or the title is taken for a tag")
	}
	if regexp.MustCompile(`(?i)(https?:|src=|<link|@import|url\()`).MatchString(page) {
		t.Error("the page loads something from outside")
	}
	data := regexp.MustCompile(`const D = (.*);\n`).FindStringSubmatch(page)
	var d struct {
		GZ     []*float64
		Levels []float64
		Colors []string
		Paths  []struct {
			X     []float64
			Steps []int64
		}
	}
	if err := json.Unmarshal([]byte(data[1]), &d); err != nil {
		t.Fatal(err)
	}
	if len(d.GZ) != 31*31 || len(d.Colors) != len(d.Levels)-1 || len(d.Paths[0].X) != 2 {
		t.Errorf("%d heights, %d levels, %d colours, %d points of the path", len(d.GZ), len(d.Levels), len(d.Colors), len(d.Paths[0].X))
	}
	if !slices.Equal(d.Paths[0].Steps, []int64{0, 6}) {
		t.Errorf("the path's points are of steps %v", d.Paths[0].Steps)
	}
	if !slices.Contains(d.GZ, nil) {
		t.Error("the hole has heights")
	}
}

// Levels ascend, are few, and most of the heights lie between the first and the last; on an axis
// of logarithms, heights below a ten-millionth of the largest have the first colour.
func TestScale(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		z := rapid.SliceOfN(rapid.Float64Range(-1e6, 1e6), 2, 60).Draw(t, "z")
		if rapid.Bool().Draw(t, "skewed") {
			for i := range z {
				z[i] = math.Exp(math.Abs(z[i]) / 1e5)
			}
		}
		s, err := report.NewScale(append(z, math.NaN(), math.Inf(1)))
		if err != nil {
			t.Fatal(err)
		}
		inside := 0
		for _, x := range z {
			if (x >= s.Levels[0] || s.Log) && x <= s.Levels[len(s.Levels)-1]*(1+1e-9)+1e-9 {
				inside++
			}
		}
		if !slices.IsSorted(s.Levels) || len(s.Levels) < 2 || len(s.Levels) > 40 || 2*inside < len(z) {
			t.Fatalf("levels %v, %d of %d heights inside", s.Levels, inside, len(z))
		}
	})
	if _, err := report.NewScale([]float64{math.NaN()}); err == nil {
		t.Error("nothing has a scale")
	}
}

// A line that leaves the picture ends at its edge, and one of logarithms where it is not positive.
func TestCurves(t *testing.T) {
	c := &report.Curves{X: "step", Y: "E", LogY: true, Lo: 0.1, Hi: 10, Lines: []report.Line{
		{Name: "leaves", X: []float64{0, 1, 2, 3, 4}, Y: []float64{1, 5, 500, 5, 0}, Both: true},
		{Name: "band", X: []float64{0, 1}, Y: []float64{1, 2}, Low: []float64{0.5, 1}, Top: []float64{2, 3}, Style: 1},
	}, Marks: []report.Mark{{Name: "mark", At: 2, Lo: 1, Hi: 3, Style: 2}}}
	m := picture(t, &report.Figure{Title: "t", Panels: []report.Panel{c, &report.Bars{X: "x", Y: "share", Sets: []report.Histogram{report.NewHistogram("h", []float64{0, 0.1, 0.9}, 0, 1, 2, 0)}}}})
	if m.Bounds().Dx() < 800 {
		t.Errorf("two panels in %v", m.Bounds())
	}
	if h := report.NewHistogram("h", []float64{0, 0.1, 0.9, 7}, 0, 1, 2, 0); h.Share[0] != 0.5 || h.Share[1] != 0.25 {
		t.Errorf("shares %v, want a half and a quarter", h.Share)
	}
	if err := (&report.Figure{}).Save(filepath.Join(t.TempDir(), "a.png")); err == nil {
		t.Error("no panels make a figure")
	}
	for x, want := range map[float64]string{2000: "2,000", -0.5: "−0.5", 1e-5: "1e-5", 2.5e-4: "2.5e-4", 1e8: "1e8", 0: "0"} {
		if got := report.Number(x); got != want {
			t.Errorf("%v is %q, want %q", x, got, want)
		}
	}
}
