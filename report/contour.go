package report

import (
	"fmt"
	"image"
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Contour is a surface from above: coloured bands between levels, their lines, and
// paths over it. Where the surface has no height it is hatched.
type Contour struct {
	Title   string
	X, Y, Z string // what the axes and the heights are, with their units
	Grid    Grid
	Scale   Scale // the zero Scale is chosen by the heights
	Paths   []Path
	Points  []Point
	Equal   bool // a unit is as long along both axes
}

// Path is a way over a surface.
type Path struct {
	Name  string
	X, Y  []float64
	Style int
	Steps []int64 // the step of each point; nil is 0, 1, 2, ..
	// Own are the path's own heights where they are not the surface's, as those of a
	// path that is projected on it: each point has the colour of its own. nil is the surface's.
	Own []float64
}

// Point is a place on a surface worth a sign.
type Point struct {
	Name string
	X, Y float64
	Sign Sign
}

// Sign is how a point is drawn.
type Sign uint8

// The signs.
const (
	Star   Sign = iota // a minimum
	Cross              // a saddle
	Peak               // a maximum
	Circle             // where paths start
)

const (
	scaleWidth = vg.Length(11) // of the coloured scale
	scaleSide  = vg.Length(64) // with its numbers
)

func (p *Contour) scaled() (Scale, error) {
	if err := p.Grid.Check(); err != nil {
		return Scale{}, err
	}
	if len(p.Scale.Levels) > 1 {
		return p.Scale, nil
	}
	return NewScale(p.Grid.Z)
}

func (p *Contour) prepare(name func(string, plot.Thumbnailer)) (*prepared, error) {
	scale, err := p.scaled()
	if err != nil {
		return nil, err
	}
	q := axes(p.Title, p.X)
	q.X.Tick.Marker, q.Y.Tick.Marker = plainTicks{}, plainTicks{}
	g := &p.Grid
	q.X.Min, q.X.Max, q.Y.Min, q.Y.Max = g.X[0], g.X[len(g.X)-1], g.Y[0], g.Y[len(g.Y)-1]
	white := 0.0
	for _, path := range p.Paths {
		if path.Own == nil {
			white = 0.35 // lines of several colours are told from what is below them
		}
	}
	q.Add(&bands{grid: g, scale: scale, white: white})
	if g.Missing() > 0 {
		name("no finite value", hatch{})
	}
	for _, path := range p.Paths {
		t := &trail{Path: path, scale: scale, white: white}
		q.Add(t)
		name(path.Name, t)
	}
	for _, point := range p.Points {
		s := &sign{point}
		q.Add(s)
		name(point.Name, s)
	}
	out := &prepared{plot: q, y: p.Y, side: scaleSide, w: 4.2 * vg.Inch, h: 3.9 * vg.Inch}
	if p.Equal {
		ratio := (g.Y[len(g.Y)-1] - g.Y[0]) / (g.X[len(g.X)-1] - g.X[0])
		out.h = vg.Length(math.Max(1.2, math.Min(6, ratio*3.6)))*vg.Inch + 0.75*vg.Inch
	}
	out.beside = func(c draw.Canvas) { drawScale(c, scale, white, p.Z) }
	return out, nil
}

// bands is the filled surface with the lines of its levels.
type bands struct {
	grid  *Grid
	scale Scale
	white float64
}

// pixelsPerPoint is how fine the filled surface is.
const pixelsPerPoint = 2

// Plot implements plot.Plotter.
func (b *bands) Plot(c draw.Canvas, p *plot.Plot) {
	w, h := int((c.Max.X-c.Min.X)*pixelsPerPoint), int((c.Max.Y-c.Min.Y)*pixelsPerPoint)
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for r := range h {
		y := p.Y.Max - (p.Y.Max-p.Y.Min)*(float64(r)+0.5)/float64(h)
		for k := range w {
			x := p.X.Min + (p.X.Max-p.X.Min)*(float64(k)+0.5)/float64(w)
			z := b.grid.at(x, y, b.scale.map1)
			if math.IsNaN(z) {
				img.SetNRGBA(k, r, hatched(k, r))
				continue
			}
			img.SetNRGBA(k, r, heat(b.scale.colourAt(z), b.white))
		}
	}
	c.DrawImage(c.Rectangle, img)
	mapped := make([]float64, len(b.grid.Z))
	for i, z := range b.grid.Z {
		mapped[i] = b.scale.map1(z)
		if !isFinite(z) {
			mapped[i] = math.NaN()
		}
	}
	tx, ty := p.Transforms(&c)
	c.SetLineStyle(draw.LineStyle{Color: color.NRGBA{0, 0, 0, 90}, Width: vg.Points(0.5)})
	for _, level := range b.scale.Levels {
		var path vg.Path
		for _, s := range b.grid.segments(mapped, b.scale.map1(level)) {
			path.Move(vg.Point{X: tx(s[0]), Y: ty(s[1])})
			path.Line(vg.Point{X: tx(s[2]), Y: ty(s[3])})
		}
		if len(path) > 0 {
			c.Stroke(path)
		}
	}
}

// hatched is the colour of a pixel where there is no height: grey stripes on white.
func hatched(x, y int) color.NRGBA {
	if (x+y)%12 < 3 {
		return color.NRGBA{110, 110, 110, 255}
	}
	return color.NRGBA{255, 255, 255, 255}
}

// hatch is the legend's sign of it.
type hatch struct{}

// Thumbnail implements plot.Thumbnailer.
func (hatch) Thumbnail(c *draw.Canvas) {
	w, h := int((c.Max.X-c.Min.X)*pixelsPerPoint), int((c.Max.Y-c.Min.Y)*pixelsPerPoint)
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for r := range h {
		for k := range w {
			img.SetNRGBA(k, r, hatched(k, r))
		}
	}
	c.DrawImage(c.Rectangle, img)
}

// trail is a path with a light edge, so that it is seen on every colour.
type trail struct {
	Path
	scale Scale
	white float64
}

// Plot implements plot.Plotter.
func (t *trail) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	var points []vg.Point
	var own []float64
	for i := range t.X {
		if !isFinite(t.X[i]) || !isFinite(t.Y[i]) {
			break
		}
		points = append(points, vg.Point{X: x(t.X[i]), Y: y(t.Y[i])})
		if t.Own != nil {
			own = append(own, t.Own[i])
		}
	}
	s := styles[t.Style%len(styles)]
	lines := c.ClipLinesXY(points)
	c.StrokeLines(draw.LineStyle{Color: color.NRGBA{255, 255, 255, 210}, Width: vg.Points(3.4)}, lines...)
	c.StrokeLines(draw.LineStyle{Color: s.color, Width: vg.Points(1.5), Dashes: s.dash}, lines...)
	for i, at := range points {
		if !c.Contains(at) {
			continue
		}
		r := vg.Points(1.5)
		if own != nil {
			dot(c, at, vg.Points(3.6), color.White)
			dot(c, at, vg.Points(3.0), color.Black)
			dot(c, at, vg.Points(2.4), heat(t.scale.colourAt(t.scale.map1(own[i])), t.white))
			continue
		}
		if len(points) <= 120 {
			dot(c, at, r, s.color)
		}
	}
	if n := len(points); n > 0 && c.Contains(points[n-1]) { // where it ends
		dot(c, points[n-1], vg.Points(4.4), color.White)
		dot(c, points[n-1], vg.Points(3.4), s.color)
	}
}

func dot(c draw.Canvas, at vg.Point, r vg.Length, fill color.Color) {
	var path vg.Path
	path.Move(vg.Point{X: at.X + r, Y: at.Y})
	path.Arc(at, r, 0, 2*math.Pi)
	path.Close()
	c.SetColor(fill)
	c.Fill(path)
}

// Thumbnail implements plot.Thumbnailer.
func (t *trail) Thumbnail(c *draw.Canvas) {
	s := styles[t.Style%len(styles)]
	y := c.Center().Y
	c.StrokeLine2(draw.LineStyle{Color: s.color, Width: vg.Points(1.6), Dashes: s.dash}, c.Min.X, y, c.Max.X, y)
	if t.Own != nil {
		at := vg.Point{X: c.Center().X, Y: y}
		dot(*c, at, vg.Points(3.0), color.Black)
		dot(*c, at, vg.Points(2.4), heat(0.5, 0))
	}
}

// sign is a Point on the picture.
type sign struct{ Point }

// Plot implements plot.Plotter.
func (s *sign) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	at := vg.Point{X: x(s.X), Y: y(s.Y)}
	if c.Contains(at) {
		s.drawAt(c, at)
	}
}

// Thumbnail implements plot.Thumbnailer.
func (s *sign) Thumbnail(c *draw.Canvas) { s.drawAt(*c, c.Center()) }

func (s *sign) drawAt(c draw.Canvas, at vg.Point) {
	r := vg.Points(5)
	switch s.Sign {
	case Cross:
		for _, st := range []draw.LineStyle{{Color: color.White, Width: vg.Points(4)}, {Color: color.Black, Width: vg.Points(1.8)}} {
			c.StrokeLine2(st, at.X-r*0.7, at.Y-r*0.7, at.X+r*0.7, at.Y+r*0.7)
			c.StrokeLine2(st, at.X-r*0.7, at.Y+r*0.7, at.X+r*0.7, at.Y-r*0.7)
		}
	case Peak:
		tri := []vg.Point{{X: at.X - r, Y: at.Y - r*0.7}, {X: at.X + r, Y: at.Y - r*0.7}, {X: at.X, Y: at.Y + r}}
		c.FillPolygon(color.White, tri)
		c.StrokeLines(draw.LineStyle{Color: color.Black, Width: vg.Points(1.2)}, append(tri, tri[0]))
	case Circle:
		dot(c, at, r, color.Black)
		dot(c, at, r*0.75, color.White)
		dot(c, at, r*0.3, color.Black)
	default:
		star := make([]vg.Point, 10)
		for i := range star {
			rad := r * 1.25
			if i%2 == 1 {
				rad = r * 0.5
			}
			a := math.Pi/2 + float64(i)*math.Pi/5
			star[i] = vg.Point{X: at.X + rad*vg.Length(math.Cos(a)), Y: at.Y + rad*vg.Length(math.Sin(a))}
		}
		c.FillPolygon(color.White, star)
		c.StrokeLines(draw.LineStyle{Color: color.Black, Width: vg.Points(1)}, append(star, star[0]))
	}
}

// drawScale draws the bands with the numbers of their levels.
func drawScale(c draw.Canvas, s Scale, white float64, label string) {
	n := len(s.Levels) - 1
	h := c.Max.Y - c.Min.Y
	text := smallText()
	text.YAlign = draw.YCenter
	every := max(1, (n+1+int(h/vg.Points(11)))/max(1, int(h/vg.Points(11))))
	widest := vg.Length(0)
	for k := range n {
		y0, y1 := c.Min.Y+h*vg.Length(k)/vg.Length(n), c.Min.Y+h*vg.Length(k+1)/vg.Length(n)
		t := 0.5
		if n > 1 {
			t = float64(k) / float64(n-1)
		}
		c.FillPolygon(heat(t, white), []vg.Point{{X: c.Min.X, Y: y0}, {X: c.Min.X + scaleWidth, Y: y0}, {X: c.Min.X + scaleWidth, Y: y1}, {X: c.Min.X, Y: y1}})
	}
	for k, level := range s.Levels {
		if k%every != 0 {
			continue
		}
		y := c.Min.Y + h*vg.Length(k)/vg.Length(n)
		c.StrokeLine2(draw.LineStyle{Color: color.Black, Width: vg.Points(0.5)}, c.Min.X+scaleWidth, y, c.Min.X+scaleWidth+2, y)
		c.FillText(text, vg.Point{X: c.Min.X + scaleWidth + 4, Y: y}, Number(level))
		widest = max(widest, text.Width(Number(level)))
	}
	c.StrokeLines(draw.LineStyle{Color: color.Black, Width: vg.Points(0.5)}, []vg.Point{
		c.Min, {X: c.Min.X + scaleWidth, Y: c.Min.Y}, {X: c.Min.X + scaleWidth, Y: c.Max.Y}, {X: c.Min.X, Y: c.Max.Y}, c.Min})
	text.Rotation, text.XAlign, text.YAlign = math.Pi/2, draw.XCenter, draw.YTop
	text.Font.Size = vg.Points(10)
	if s.Log {
		label += " (log scale)"
	}
	c.FillText(text, vg.Point{X: c.Min.X + scaleWidth + 6 + widest, Y: c.Center().Y}, label)
}

func smallText() draw.TextStyle {
	t := plot.New().X.Tick.Label
	t.Font = font.From(plot.DefaultFont, 9)
	t.XAlign, t.YAlign = draw.XLeft, draw.YCenter
	return t
}

// Note says what a reader of the figure should know of its surface, or nothing.
func (p *Contour) Note() string {
	if n := p.Grid.Missing(); n > 0 {
		return fmt.Sprintf("hatched: %s is not a finite number at %d of %d points", p.Z, n, len(p.Grid.Z))
	}
	return ""
}
