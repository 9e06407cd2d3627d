package report

import (
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Curves is lines over one x axis.
type Curves struct {
	Title      string
	X, Y       string // what the axes are, with their units
	LogX, LogY bool
	// Lo and Hi, if they differ, end the y axis; lines beyond are cut.
	Lo, Hi float64
	Lines  []Line
	Marks  []Mark
	// Free lets a plain x axis begin where the lines do; else it begins at 0.
	Free bool
}

// Line is a line with a band around it. Points that are not finite, or not
// positive on an axis of logarithms, interrupt it.
type Line struct {
	Name           string
	X, Y, Low, Top []float64 // Low and Top are nil without a band
	Style          int       // its colour and dashes
	Thin           bool      // grey and thin: one of many
	Dots           bool      // at the points, instead of a line between them
	Both           bool      // dots and the line
}

// Mark is a vertical line at At, and if Lo < Hi the band between them.
type Mark struct {
	Name       string
	At, Lo, Hi float64
	Style      int
}

func (p *Curves) prepare(name func(string, plot.Thumbnailer)) (*prepared, error) {
	q := axes(p.Title, p.X)
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = color.Gray{228}, color.Gray{228}
	q.Add(grid)
	for _, l := range p.Lines {
		if len(l.Low) == 0 || len(l.X) < 2 {
			continue
		}
		band, err := band(outline(l), l.Style)
		if err != nil {
			return nil, err
		}
		q.Add(band)
	}
	for _, l := range p.Lines {
		if err := p.line(q, l, name); err != nil {
			return nil, err
		}
	}
	if p.LogX {
		q.X.Scale, q.X.Tick.Marker = plot.LogScale{}, logTicks{}
	} else {
		q.X.Tick.Marker = plainTicks{}
		if !p.Free {
			q.X.Min = math.Min(q.X.Min, 0)
		}
	}
	q.Y.Tick.Marker = plainTicks{}
	if p.LogY {
		q.Y.Scale, q.Y.Tick.Marker = plot.LogScale{}, logTicks{}
	}
	if p.Lo < p.Hi {
		q.Y.Min, q.Y.Max = p.Lo, p.Hi
	}
	if p.LogY && q.Y.Max < q.Y.Min*1.0001 { // a flat line has no logarithms to show
		q.Y.Min, q.Y.Max = q.Y.Min/2, q.Y.Max*2
	}
	for _, m := range p.Marks {
		if err := mark(q, m, name); err != nil {
			return nil, err
		}
	}
	return &prepared{plot: q, y: p.Y, w: panelWidth, h: panelHeight}, nil
}

// line adds the pieces of a line.
func (p *Curves) line(q *plot.Plot, l Line, name func(string, plot.Thumbnailer)) error {
	s := styles[l.Style%len(styles)]
	told := false
	for _, piece := range p.pieces(l) {
		var thumb plot.Thumbnailer
		if l.Dots || l.Both || len(piece) == 1 {
			dots, err := plotter.NewScatter(piece)
			if err != nil {
				return err
			}
			dots.Shape, dots.Color, dots.Radius = draw.CircleGlyph{}, s.color, vg.Points(2.2)
			if l.Thin {
				dots.Color, dots.Radius = color.Gray{150}, vg.Points(1)
			}
			q.Add(dots)
			thumb = dots
		}
		if !l.Dots && len(piece) > 1 {
			line, err := plotter.NewLine(piece)
			if err != nil {
				return err
			}
			line.Color, line.Dashes, line.Width = s.color, s.dash, vg.Points(1.6)
			if l.Thin {
				line.Color, line.Width, line.Dashes = color.Gray{150}, vg.Points(0.6), nil
			}
			q.Add(line)
			thumb = line
		}
		if !told {
			name(l.Name, thumb)
			told = true
		}
	}
	return nil
}

// pieces are the runs of a line's points that can be drawn.
func (p *Curves) pieces(l Line) []plotter.XYs {
	var out []plotter.XYs
	open := false
	for i := range l.X {
		x, y := l.X[i], l.Y[i]
		if !isFinite(x) || !isFinite(y) || p.LogX && x <= 0 || p.LogY && y <= 0 {
			open = false
			continue
		}
		if p.Lo < p.Hi && (y < p.Lo || y > p.Hi) { // the piece leaves the picture at its edge
			inside := i > 0 && l.Y[i-1] >= p.Lo && l.Y[i-1] <= p.Hi
			next := i+1 < len(l.Y) && l.Y[i+1] >= p.Lo && l.Y[i+1] <= p.Hi
			if !inside && !next {
				open = false
				continue
			}
			edge := math.Max(p.Lo, math.Min(p.Hi, y))
			if open && inside {
				out[len(out)-1] = append(out[len(out)-1], plotter.XY{X: p.meet(l.X[i-1], l.Y[i-1], x, y, edge), Y: edge})
				open = false
			}
			if next {
				out, open = append(out, plotter.XYs{{X: p.meet(x, y, l.X[i+1], l.Y[i+1], edge), Y: edge}}), true
			}
			continue
		}
		if !open {
			out, open = append(out, nil), true
		}
		out[len(out)-1] = append(out[len(out)-1], plotter.XY{X: x, Y: y})
	}
	return out
}

// meet is where the line between two points has the height y, in the picture.
func (p *Curves) meet(x0, y0, x1, y1, y float64) float64 {
	f := func(v float64) float64 {
		if p.LogY {
			return math.Log(v)
		}
		return v
	}
	t := (f(y) - f(y0)) / (f(y1) - f(y0))
	if !isFinite(t) {
		return x1
	}
	if p.LogX {
		return math.Exp(math.Log(x0) + t*(math.Log(x1)-math.Log(x0)))
	}
	return x0 + t*(x1-x0)
}

func mark(q *plot.Plot, m Mark, name func(string, plot.Thumbnailer)) error {
	if m.At < q.X.Min || m.At > q.X.Max {
		return nil
	}
	line, err := plotter.NewLine(plotter.XYs{{X: m.At, Y: q.Y.Min}, {X: m.At, Y: q.Y.Max}})
	if err != nil {
		return err
	}
	if m.Lo < m.Hi {
		lo, hi := math.Max(m.Lo, q.X.Min), math.Min(m.Hi, q.X.Max)
		b, err := band(plotter.XYs{{X: lo, Y: q.Y.Min}, {X: hi, Y: q.Y.Min}, {X: hi, Y: q.Y.Max}, {X: lo, Y: q.Y.Max}}, m.Style)
		if err != nil {
			return err
		}
		q.Add(b)
	}
	s := styles[m.Style%len(styles)]
	line.Color, line.Dashes, line.Width = s.color, s.dash, vg.Points(1.4)
	q.Add(line)
	name(m.Name, line)
	return nil
}

func band(xy plotter.XYs, style int) (*plotter.Polygon, error) {
	b, err := plotter.NewPolygon(xy)
	if err != nil {
		return nil, err
	}
	fill := styles[style%len(styles)].color
	fill.A = 56
	b.Color, b.LineStyle.Width = fill, 0
	return b, nil
}

func xys(x, y []float64) plotter.XYs {
	out := make(plotter.XYs, len(x))
	for i := range x {
		out[i] = plotter.XY{X: x[i], Y: y[i]}
	}
	return out
}

// outline goes along the band's lower edge and back along the upper one.
func outline(l Line) plotter.XYs {
	out := xys(l.X, l.Low)
	for i := len(l.X) - 1; i >= 0; i-- {
		out = append(out, plotter.XY{X: l.X[i], Y: l.Top[i]})
	}
	return out
}
