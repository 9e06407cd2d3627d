package cli

import (
	"errors"
	"fmt"
	"image/color"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// A figure is panels side by side, which share their y axis and a legend beside them.
type figure struct {
	title  string
	panels []panel
	legend bool
}

// A panel is curves over one x axis.
type panel struct {
	x, y       string // what the axes are, with their units
	logX, logY bool
	curves     []curve
	marks      []mark
}

// A curve is a line with a band around it.
type curve struct {
	name           string
	x, y, low, top []float64 // low and top are nil without a band
	style          int
	thin           bool
}

// A mark is a vertical line at x, or a band from lo to hi.
type mark struct {
	name      string
	x, lo, hi float64
	style     int
}

// palette is Okabe and Ito's, which people with any colour vision tell apart; the
// dashes tell the lines apart in grey.
var palette = []struct {
	color color.NRGBA
	dash  []vg.Length
}{
	{color.NRGBA{0, 114, 178, 255}, nil},
	{color.NRGBA{213, 94, 0, 255}, []vg.Length{vg.Points(6), vg.Points(2)}},
	{color.NRGBA{0, 158, 115, 255}, []vg.Length{vg.Points(1.5), vg.Points(1.5)}},
	{color.NRGBA{204, 121, 167, 255}, []vg.Length{vg.Points(8), vg.Points(2), vg.Points(1.5), vg.Points(2)}},
	{color.NRGBA{0, 0, 0, 255}, []vg.Length{vg.Points(3), vg.Points(3)}},
	{color.NRGBA{230, 159, 0, 255}, []vg.Length{vg.Points(10), vg.Points(3)}},
	{color.NRGBA{86, 180, 233, 255}, []vg.Length{vg.Points(4), vg.Points(1.5), vg.Points(1), vg.Points(1.5), vg.Points(1), vg.Points(1.5)}},
}

// checkPlot judges the file name before any work is done.
func checkPlot(path string) error {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".png", ".svg":
	default:
		return fmt.Errorf("--plot: %s is neither a .png nor a .svg file", path)
	}
	if info, err := os.Stat(filepath.Dir(path)); err != nil || !info.IsDir() {
		return fmt.Errorf("--plot: there is no folder %s", filepath.Dir(path))
	}
	return nil
}

const (
	panelWidth   = 4.4 * vg.Inch
	figureHeight = 3.7 * vg.Inch
	figureDPI    = 110
)

// save draws the figure into a file.
func (f *figure) save(path string) error {
	legend := plot.NewLegend()
	legend.Top, legend.Left = true, true
	legend.ThumbnailWidth = vg.Points(32)
	legend.Padding = vg.Points(3)
	legend.TextStyle.Font.Size = vg.Points(10)
	var plots []*plot.Plot
	for i, panel := range f.panels {
		p, err := panel.draw(func(name string, t plot.Thumbnailer) {
			if i == 0 && name != "" {
				legend.Add(name, t)
			}
		})
		if err != nil {
			return fmt.Errorf("--plot: %w", err)
		}
		plots = append(plots, p)
	}
	side := vg.Length(0)
	if f.legend {
		trial := draw.New(vgimg.New(20*vg.Inch, figureHeight))
		side = legend.Rectangle(trial).Size().X + vg.Points(14)
	}
	width := panelWidth*vg.Length(len(plots)) + side
	var canvas vg.CanvasWriterTo = vgsvg.New(width, figureHeight)
	if strings.EqualFold(filepath.Ext(path), ".png") {
		canvas = vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(width, figureHeight), vgimg.UseDPI(figureDPI))}
	}
	all := draw.New(canvas)
	all.SetColor(color.White)
	all.Fill(all.Rectangle.Path())
	body := draw.Crop(all, vg.Points(6), -side-vg.Points(6), vg.Points(4), -vg.Points(22))
	tiles := draw.Tiles{Rows: 1, Cols: len(plots), PadX: vg.Points(12)}
	for i, c := range plot.Align([][]*plot.Plot{plots}, tiles, body)[0] {
		plots[i].Draw(c)
	}
	title := plots[0].Title.TextStyle
	title.Font.Size, title.XAlign, title.YAlign = vg.Points(11), draw.XLeft, draw.YTop
	all.FillText(title, vg.Point{X: all.Min.X + vg.Points(8), Y: all.Max.Y - vg.Points(5)}, f.title)
	if f.legend {
		legend.Draw(draw.Crop(all, all.Max.X-side-all.Min.X, 0, 0, -vg.Points(26)))
	}
	return write(path, canvas)
}

func write(path string, from io.WriterTo) error {
	file, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("--plot: %w", err)
	}
	_, err = from.WriteTo(file)
	if err := errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("--plot: %w", err)
	}
	return nil
}

// draw makes the panel's plot and tells the names of its parts to a legend.
func (p panel) draw(name func(string, plot.Thumbnailer)) (*plot.Plot, error) {
	q := plot.New()
	q.X.Label.Text, q.Y.Label.Text = p.x, p.y
	for _, axis := range []*plot.Axis{&q.X, &q.Y} {
		axis.Label.TextStyle.Font.Size, axis.Tick.Label.Font.Size = vg.Points(10), vg.Points(9)
		axis.Padding = 0
	}
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = color.Gray{228}, color.Gray{228}
	q.Add(grid)
	for _, c := range p.curves {
		if len(c.low) == 0 || len(c.x) < 2 {
			continue
		}
		band, err := plotter.NewPolygon(outline(c))
		if err != nil {
			return nil, err
		}
		fill := palette[c.style%len(palette)].color
		fill.A = 56
		band.Color, band.LineStyle.Width = fill, 0
		q.Add(band)
	}
	for _, c := range p.curves {
		if len(c.x) == 0 {
			continue
		}
		line, err := plotter.NewLine(xys(c.x, c.y))
		if err != nil {
			return nil, err
		}
		s := palette[c.style%len(palette)]
		line.Color, line.Dashes, line.Width = s.color, s.dash, vg.Points(1.6)
		if c.thin {
			line.Color, line.Width = color.Gray{150}, vg.Points(0.6)
			line.Dashes = nil
		}
		q.Add(line)
		name(c.name, line)
	}
	if p.logX {
		q.X.Scale, q.X.Tick.Marker = plot.LogScale{}, logTicks{}
	} else {
		q.X.Min, q.X.Tick.Marker = math.Min(q.X.Min, 0), plainTicks{}
	}
	if p.logY {
		q.Y.Scale, q.Y.Tick.Marker = plot.LogScale{}, logTicks{}
	}
	for _, m := range p.marks {
		if m.x < q.X.Min || m.x > q.X.Max {
			continue
		}
		line, err := plotter.NewLine(plotter.XYs{{X: m.x, Y: q.Y.Min}, {X: m.x, Y: q.Y.Max}})
		if err != nil {
			return nil, err
		}
		s := palette[m.style%len(palette)]
		if m.lo < m.hi {
			lo, hi := math.Max(m.lo, q.X.Min), math.Min(m.hi, q.X.Max)
			band, err := plotter.NewPolygon(plotter.XYs{{X: lo, Y: q.Y.Min}, {X: hi, Y: q.Y.Min}, {X: hi, Y: q.Y.Max}, {X: lo, Y: q.Y.Max}})
			if err != nil {
				return nil, err
			}
			fill := s.color
			fill.A = 56
			band.Color, band.LineStyle.Width = fill, 0
			q.Add(band)
		}
		line.Color, line.Dashes, line.Width = s.color, s.dash, vg.Points(1.4)
		q.Add(line)
		name(m.name, line)
	}
	return q, nil
}

func xys(x, y []float64) plotter.XYs {
	out := make(plotter.XYs, len(x))
	for i := range x {
		out[i] = plotter.XY{X: x[i], Y: y[i]}
	}
	return out
}

// outline goes along the band's lower edge and back along the upper one.
func outline(c curve) plotter.XYs {
	out := xys(c.x, c.low)
	for i := len(c.x) - 1; i >= 0; i-- {
		out = append(out, plotter.XY{X: c.x[i], Y: c.top[i]})
	}
	return out
}

// logTicks labels the decades, and 2 and 5 between them where there are few.
type logTicks struct{}

// Ticks implements plot.Ticker.
func (logTicks) Ticks(lo, hi float64) []plot.Tick {
	if lo <= 0 || !(lo < hi) {
		return nil
	}
	span := math.Log10(hi / lo)
	var out []plot.Tick
	for e := math.Floor(math.Log10(lo)); e <= math.Ceil(math.Log10(hi)); e++ {
		for digit := 1; digit <= 9; digit++ {
			x := float64(digit) * math.Pow(10, e)
			if x < lo*(1-1e-9) || x > hi*(1+1e-9) {
				continue
			}
			t := plot.Tick{Value: x}
			every := math.Ceil(span / 8)
			if digit == 1 && math.Mod(e, math.Max(1, every)) == 0 || span < 2.5 && (digit == 2 || digit == 5) || span < 0.5 {
				t.Label = number(x)
			}
			if t.Label != "" || span < 6 {
				out = append(out, t)
			}
		}
	}
	return out
}

// plainTicks are multiples of 1, 2 or 5 times a power of ten, about five of them.
type plainTicks struct{}

// Ticks implements plot.Ticker.
func (plainTicks) Ticks(lo, hi float64) []plot.Tick {
	if !(lo < hi) {
		return nil
	}
	unit := math.Pow(10, math.Floor(math.Log10((hi-lo)/5)))
	step := 10 * unit
	for _, n := range []float64{1, 2, 5} {
		if (hi-lo)/(n*unit) <= 6 {
			step = n * unit
			break
		}
	}
	var out []plot.Tick
	for i := math.Ceil(lo/step - 1e-9); i*step <= hi*(1+1e-9); i++ {
		x := i*step + 0 // no −0
		out = append(out, plot.Tick{Value: x, Label: number(x)})
	}
	return out
}

// number is an axis label: 0.05, 2,000, 1e-6.
func number(x float64) string {
	switch a := math.Abs(x); {
	case a >= 1000 && a < 1e7 && x == math.Trunc(x):
		return grouped(int64(x))
	case a > 0 && a < 1e-3 || a >= 1e7:
		return strings.NewReplacer("e-0", "e-", "e+0", "e", "e+", "e").Replace(fmt.Sprintf("%.0e", x))
	}
	return fmt.Sprintf("%.4g", x)
}
