package report

import (
	"image/color"
	"math"
	"sort"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Perspective is a surface seen from the side, with paths over it, drawn from the
// far end to the near one so that what is in front hides what is behind.
type Perspective struct {
	Title   string
	X, Y, Z string
	Grid    Grid
	Scale   Scale // the zero Scale is chosen by the heights
	Paths   []Path
	// Azimuth turns the surface about its upright axis and Elevation lifts the eye
	// above the horizon, in degrees; both zero are −60 and 35.
	Azimuth, Elevation float64
}

// meshMost is the most cells along an axis that are drawn.
const meshMost = 56

// camera maps the box [−1,1]²×[−½,½] onto the picture.
type camera struct {
	sa, ca, se, ce float64
	centre         vg.Point
	unit           vg.Length
}

func newCamera(azimuth, elevation float64) camera {
	if azimuth == 0 && elevation == 0 {
		azimuth, elevation = -60, 35
	}
	a, e := azimuth*math.Pi/180, elevation*math.Pi/180
	return camera{sa: math.Sin(a), ca: math.Cos(a), se: math.Sin(e), ce: math.Cos(e)}
}

type point3 struct{ x, y, z float64 }

// see is where a point lies in the picture, and how near it is to the eye.
func (c *camera) see(p point3) (at vg.Point, near float64) {
	right := -p.x*c.sa + p.y*c.ca
	out := p.x*c.ca + p.y*c.sa // towards the eye
	up := p.z*c.ce - out*c.se
	return vg.Point{X: c.centre.X + c.unit*vg.Length(right), Y: c.centre.Y + c.unit*vg.Length(up)}, out*c.ce + p.z*c.se
}

// piece is a part of the picture with its distance.
type piece struct {
	near  float64
	paint func()
}

// box maps the numbers of a surface into the camera's box.
type box struct {
	x0, x1, y0, y1, z0, z1 float64
	scale                  Scale
}

func newBox(g *Grid, s Scale) box {
	return box{g.X[0], g.X[len(g.X)-1], g.Y[0], g.Y[len(g.Y)-1], s.map1(s.Levels[0]), s.map1(s.Levels[len(s.Levels)-1]), s}
}

func (b *box) in(x, y, z float64) point3 {
	h := (b.scale.map1(z) - b.z0) / (b.z1 - b.z0)
	return point3{2*(x-b.x0)/(b.x1-b.x0) - 1, 2*(y-b.y0)/(b.y1-b.y0) - 1, math.Max(0, math.Min(1, h))*1.1 - 0.55}
}

func (p *Perspective) prepare(name func(string, plot.Thumbnailer)) (*prepared, error) {
	c := &Contour{Grid: p.Grid, Scale: p.Scale}
	scale, err := c.scaled()
	if err != nil {
		return nil, err
	}
	for _, path := range p.Paths {
		name(path.Name, &trail{Path: path, scale: scale})
	}
	return &prepared{w: 4.6 * vg.Inch, h: 3.9 * vg.Inch, free: func(c draw.Canvas) { p.render(c, scale) }}, nil
}

func (p *Perspective) render(c draw.Canvas, scale Scale) {
	title := plot.New().Title.TextStyle
	title.Font.Size, title.XAlign, title.YAlign = vg.Points(10), draw.XCenter, draw.YTop
	c.FillText(title, vg.Point{X: c.Center().X, Y: c.Max.Y}, p.Title)
	cam := newCamera(p.Azimuth, p.Elevation)
	w, h := c.Max.X-c.Min.X, c.Max.Y-c.Min.Y-vg.Points(14)
	cam.unit = min(w/3.7, h/3.1)
	cam.centre = vg.Point{X: c.Center().X, Y: c.Min.Y + h/2 + vg.Points(4)}
	b := newBox(&p.Grid, scale)
	p.walls(c, &cam, &b)
	pieces := append(p.mesh(c, &cam, &b), p.trails(c, &cam, &b)...)
	sort.SliceStable(pieces, func(i, j int) bool { return pieces[i].near < pieces[j].near })
	for _, q := range pieces {
		q.paint()
	}
	p.axes(c, &cam, &b)
}

// walls draws the floor and the two far walls of the box with lines at the ticks.
func (p *Perspective) walls(c draw.Canvas, cam *camera, b *box) {
	line := draw.LineStyle{Color: color.Gray{215}, Width: vg.Points(0.5)}
	to := func(q point3) vg.Point { at, _ := cam.see(q); return at }
	stroke := func(points ...point3) {
		var out []vg.Point
		for _, q := range points {
			out = append(out, to(q))
		}
		c.StrokeLines(line, out)
	}
	farX, farY := -sign1(cam.ca), -sign1(cam.sa)
	const lo, hi = -0.55, 0.55
	for _, t := range (plainTicks{}).Ticks(b.x0, b.x1) {
		x := 2*(t.Value-b.x0)/(b.x1-b.x0) - 1
		stroke(point3{x, -farY, lo}, point3{x, farY, lo}, point3{x, farY, hi})
	}
	for _, t := range (plainTicks{}).Ticks(b.y0, b.y1) {
		y := 2*(t.Value-b.y0)/(b.y1-b.y0) - 1
		stroke(point3{-farX, y, lo}, point3{farX, y, lo}, point3{farX, y, hi})
	}
	for _, t := range b.heights() {
		if t.Label == "" {
			continue
		}
		z := b.in(b.x0, b.y0, t.Value).z
		stroke(point3{-farX, farY, z}, point3{farX, farY, z}, point3{farX, -farY, z})
	}
	line.Color = color.Gray{150}
	stroke(point3{-1, -1, lo}, point3{1, -1, lo}, point3{1, 1, lo}, point3{-1, 1, lo}, point3{-1, -1, lo})
	stroke(point3{farX, -farY, lo}, point3{farX, -farY, hi}, point3{farX, farY, hi}, point3{-farX, farY, hi}, point3{-farX, farY, lo})
	stroke(point3{farX, farY, lo}, point3{farX, farY, hi})
}

func sign1(x float64) float64 {
	if x < 0 {
		return -1
	}
	return 1
}

// heights are the ticks of the upright axis.
func (b *box) heights() []plot.Tick {
	first, last := b.scale.Levels[0], b.scale.Levels[len(b.scale.Levels)-1]
	if b.scale.Log {
		return logTicks{}.Ticks(first, last)
	}
	return plainTicks{}.Ticks(first, last)
}

// mesh is the surface's cells.
func (p *Perspective) mesh(c draw.Canvas, cam *camera, b *box) []piece {
	g := &p.Grid
	nx, ny := min(meshMost, len(g.X)-1), min(meshMost, len(g.Y)-1)
	var out []piece
	for j := range ny {
		for i := range nx {
			at := func(di, dj int) (float64, float64, float64) {
				x := b.x0 + (b.x1-b.x0)*float64(i+di)/float64(nx)
				y := b.y0 + (b.y1-b.y0)*float64(j+dj)/float64(ny)
				return x, y, g.at(x, y, b.scale.map1)
			}
			var quad []vg.Point
			var nearest, height float64
			for _, d := range [4][2]int{{0, 0}, {1, 0}, {1, 1}, {0, 1}} {
				x, y, z := at(d[0], d[1])
				q := b.in(x, y, 0)
				q.z = math.Max(0, math.Min(1, (z-b.z0)/(b.z1-b.z0)))*1.1 - 0.55
				height += z / 4
				v, near := cam.see(q)
				quad = append(quad, v)
				nearest += near / 4
			}
			if math.IsNaN(height) {
				continue
			}
			fill := heat(b.scale.colourAt(height), 0)
			edge := color.NRGBA{fill.R / 4 * 3, fill.G / 4 * 3, fill.B / 4 * 3, 255}
			out = append(out, piece{nearest, func() {
				c.FillPolygon(fill, quad)
				c.StrokeLines(draw.LineStyle{Color: edge, Width: vg.Points(0.35)}, append(quad, quad[0]))
			}})
		}
	}
	return out
}

// trails are the paths, at the surface's heights or at their own.
func (p *Perspective) trails(c draw.Canvas, cam *camera, b *box) []piece {
	var out []piece
	for _, path := range p.Paths {
		s := styles[path.Style%len(styles)]
		var last vg.Point
		have := false
		for i := range path.X {
			z := math.NaN()
			inside := path.X[i] >= b.x0 && path.X[i] <= b.x1 && path.Y[i] >= b.y0 && path.Y[i] <= b.y1
			switch {
			case !inside:
			case path.Own != nil:
				z = path.Own[i]
			default:
				z = b.unmap(p.Grid.at(path.X[i], path.Y[i], b.scale.map1))
			}
			if !isFinite(z) {
				have = false
				continue
			}
			q := b.in(path.X[i], path.Y[i], z)
			at, near := cam.see(q)
			near += 0.09 // paths lie on the surface, not in it
			if have {
				from := last
				out = append(out,
					piece{near, func() {
						c.StrokeLines(draw.LineStyle{Color: color.NRGBA{255, 255, 255, 220}, Width: vg.Points(3.4)}, []vg.Point{from, at})
					}},
					piece{near + 1e-6, func() {
						c.StrokeLines(draw.LineStyle{Color: s.color, Width: vg.Points(1.7)}, []vg.Point{from, at})
					}})
			}
			if i == 0 || i == len(path.X)-1 {
				out = append(out, piece{near + 1e-3, func() {
					dot(c, at, vg.Points(3.8), color.White)
					dot(c, at, vg.Points(2.8), s.color)
				}})
			}
			last, have = at, true
		}
	}
	return out
}

// unmap is the height of a number on the axis of levels.
func (b *box) unmap(z float64) float64 {
	if b.scale.Log {
		return math.Pow(10, z)
	}
	return z
}

// axes draws the numbers and names along the three near edges.
func (p *Perspective) axes(c draw.Canvas, cam *camera, b *box) {
	nearX, nearY := sign1(cam.ca), sign1(cam.sa)
	const lo = -0.55
	text := smallText()
	line := draw.LineStyle{Color: color.Black, Width: vg.Points(0.6)}
	edge := func(from, to, away point3, ticks []plot.Tick, place func(float64) point3, label string) {
		a, _ := cam.see(from)
		z, _ := cam.see(to)
		o, _ := cam.see(away)
		c.StrokeLines(line, []vg.Point{a, z})
		mid := vg.Point{X: (a.X + z.X) / 2, Y: (a.Y + z.Y) / 2}
		dx, dy := float64(mid.X-o.X), float64(mid.Y-o.Y)
		n := math.Hypot(dx, dy)
		ux, uy := vg.Length(dx/n), vg.Length(dy/n)
		widest := vg.Length(0)
		for _, t := range ticks {
			if t.Label == "" {
				continue
			}
			at, _ := cam.see(place(t.Value))
			c.StrokeLine2(line, at.X, at.Y, at.X+3*ux, at.Y+3*uy)
			st := text
			st.XAlign, st.YAlign = draw.TextStyle{}.XAlign, draw.YCenter
			st.XAlign = draw.XCenter
			c.FillText(st, vg.Point{X: at.X + ux*(7+text.Width(t.Label)/2), Y: at.Y + uy*10}, t.Label)
			widest = max(widest, text.Width(t.Label))
		}
		st := text
		st.Font.Size, st.XAlign, st.YAlign = vg.Points(10), draw.XCenter, draw.YCenter
		slope := math.Atan2(float64(z.Y-a.Y), float64(z.X-a.X))
		for slope > math.Pi/2+1e-9 {
			slope -= math.Pi
		}
		for slope <= -math.Pi/2+1e-9 {
			slope += math.Pi
		}
		st.Rotation = slope
		far := 16 + widest*vg.Length(math.Abs(dx/n)) + 10*vg.Length(math.Abs(dy/n))
		c.FillText(st, vg.Point{X: mid.X + ux*far, Y: mid.Y + uy*far}, label)
	}
	edge(point3{-1, nearY, lo}, point3{1, nearY, lo}, point3{0, 0, lo}, plainTicks{}.Ticks(b.x0, b.x1),
		func(v float64) point3 { q := b.in(v, b.y0, 1); return point3{q.x, nearY, lo} }, p.X)
	edge(point3{nearX, -1, lo}, point3{nearX, 1, lo}, point3{0, 0, lo}, plainTicks{}.Ticks(b.y0, b.y1),
		func(v float64) point3 { q := b.in(b.x0, v, 1); return point3{nearX, q.y, lo} }, p.Y)
	// The upright axis stands at the leftmost corner.
	corner := point3{nearX, -nearY, 0}
	if at, _ := cam.see(corner); at.X > cam.centre.X {
		corner = point3{-nearX, nearY, 0}
	}
	label := p.Z
	if b.scale.Log {
		label += " (log scale)"
	}
	from, to := corner, corner
	from.z, to.z = lo, -lo
	edge(from, to, point3{0, 0, 0}, b.heights(), func(v float64) point3 {
		q := b.in(b.x0, b.y0, v)
		return point3{corner.x, corner.y, q.z}
	}, label)
}
