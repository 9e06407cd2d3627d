package report

import (
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Bars is histograms over one x axis: for each, how many numbers lie between
// neighbouring edges, as a share of all of them.
type Bars struct {
	Title string
	X, Y  string
	Sets  []Histogram
}

// Histogram is the shares between edges; Edges has one more than Share.
type Histogram struct {
	Name  string
	Edges []float64
	Share []float64
	Style int
}

// NewHistogram counts numbers into bins of the same width from lo to hi; numbers
// outside are left out of the bins but not of the whole.
func NewHistogram(name string, numbers []float64, lo, hi float64, bins, style int) Histogram {
	h := Histogram{Name: name, Edges: make([]float64, bins+1), Share: make([]float64, bins), Style: style}
	for i := range h.Edges {
		h.Edges[i] = lo + (hi-lo)*float64(i)/float64(bins)
	}
	for _, x := range numbers {
		if i := int((x - lo) / (hi - lo) * float64(bins)); x >= lo && x <= hi {
			h.Share[min(i, bins-1)] += 1 / float64(len(numbers))
		}
	}
	return h
}

func (b *Bars) prepare(name func(string, plot.Thumbnailer)) (*prepared, error) {
	q := axes(b.Title, b.X)
	q.X.Tick.Marker, q.Y.Tick.Marker = plainTicks{}, plainTicks{}
	for _, h := range b.Sets {
		s := steps(h)
		q.Add(s)
		name(h.Name, s)
	}
	return &prepared{plot: q, y: b.Y, w: panelWidth, h: panelHeight}, nil
}

// steps draws a histogram as its filled outline, so that several lie over each other.
type steps Histogram

// Plot implements plot.Plotter.
func (h steps) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	s := styles[h.Style%len(styles)]
	line := []vg.Point{{X: x(h.Edges[0]), Y: y(0)}}
	for i, share := range h.Share {
		line = append(line, vg.Point{X: x(h.Edges[i]), Y: y(share)}, vg.Point{X: x(h.Edges[i+1]), Y: y(share)})
	}
	line = append(line, vg.Point{X: x(h.Edges[len(h.Edges)-1]), Y: y(0)})
	fill := s.color
	fill.A = 40
	c.FillPolygon(fill, line)
	c.StrokeLines(draw.LineStyle{Color: s.color, Width: vg.Points(1.3), Dashes: s.dash}, line)
}

// DataRange implements plot.DataRanger.
func (h steps) DataRange() (x0, x1, y0, y1 float64) {
	for _, s := range h.Share {
		y1 = max(y1, s)
	}
	return h.Edges[0], h.Edges[len(h.Edges)-1], 0, y1
}

// Thumbnail implements plot.Thumbnailer.
func (h steps) Thumbnail(c *draw.Canvas) {
	s := styles[h.Style%len(styles)]
	y := c.Center().Y
	c.StrokeLine2(draw.LineStyle{Color: s.color, Width: vg.Points(1.6), Dashes: s.dash}, c.Min.X, y, c.Max.X, y)
}
