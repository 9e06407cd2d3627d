package report

import (
	"errors"
	"fmt"
	"image/color"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Figure is panels side by side under a title, with the names of what they hold
// in a legend beside them.
type Figure struct {
	Title   string
	Panels  []Panel
	Columns int      // of panels; 0 puts all in one row
	Notes   []string // lines below the panels
}

// Panel is one picture of a figure: a *Curves, *Contour, *Surface or *Bars.
type Panel interface {
	// prepare makes what is drawn, and tells the names of its parts to a legend.
	prepare(name func(string, plot.Thumbnailer)) (*prepared, error)
}

// prepared is a panel that is ready to be drawn.
type prepared struct {
	plot   *plot.Plot        // its axes with their contents, or nil
	y      string            // what its upright axis is
	free   func(draw.Canvas) // draws a panel without axes of a plot
	beside func(draw.Canvas) // draws what stands right of the plot, such as its scale
	side   vg.Length         // the width of that
	w, h   vg.Length         // the panel's own size, without the side
}

const (
	panelWidth  = 4.4 * vg.Inch
	panelHeight = 3.7 * vg.Inch
	figureDPI   = 110
)

// Check judges a file's name before any work is done: its ending, which is one of
// those given, and its folder, which is there.
func Check(path string, endings ...string) error {
	if !slices.Contains(endings, strings.ToLower(filepath.Ext(path))) {
		last := len(endings) - 1
		what := "a " + endings[0] + " file"
		switch {
		case last == 1:
			what = "neither a " + endings[0] + " nor a " + endings[1] + " file"
		case last > 1:
			what = "no " + strings.Join(endings[:last], ", ") + " or " + endings[last] + " file"
		default:
			what = "not " + what
		}
		return fmt.Errorf("%s is %s", path, what)
	}
	if info, err := os.Stat(filepath.Dir(path)); err != nil || !info.IsDir() {
		return fmt.Errorf("there is no folder %s", filepath.Dir(path))
	}
	return nil
}

// Save draws the figure into a .png or .svg file.
func (f *Figure) Save(path string) error {
	canvas, err := f.draw(strings.EqualFold(filepath.Ext(path), ".svg"))
	if err != nil {
		return err
	}
	return write(path, canvas)
}

// WritePNG draws the figure as a PNG.
func (f *Figure) WritePNG(to io.Writer) error {
	canvas, err := f.draw(false)
	if err != nil {
		return err
	}
	_, err = canvas.WriteTo(to)
	return err
}

// layout is where the parts of a figure stand.
type layout struct {
	rows, cols     int
	side           vg.Length // right of every panel
	legend         *plot.Legend
	legendWidth    vg.Length
	top, bottom    vg.Length
	width, height  vg.Length
	plots          [][]*plot.Plot
	panels         []*prepared
	titles, footer draw.TextStyle
}

func (f *Figure) layout() (*layout, error) {
	l := &layout{rows: 1, cols: len(f.Panels)}
	if l.cols == 0 {
		return nil, errors.New("a figure without panels")
	}
	if f.Columns > 0 && f.Columns < l.cols {
		l.cols, l.rows = f.Columns, (l.cols+f.Columns-1)/f.Columns
	}
	legend := plot.NewLegend()
	l.legend = &legend
	legend.Top, legend.Left = true, true
	legend.ThumbnailWidth = vg.Points(32)
	legend.Padding = vg.Points(3)
	legend.TextStyle.Font.Size = vg.Points(10)
	known := map[string]bool{}
	w, h := vg.Length(0), vg.Length(0)
	for _, panel := range f.Panels {
		p, err := panel.prepare(func(name string, t plot.Thumbnailer) {
			if name != "" && !known[name] {
				known[name] = true
				legend.Add(name, t)
			}
		})
		if err != nil {
			return nil, err
		}
		l.panels = append(l.panels, p)
		l.side, w, h = max(l.side, p.side), max(w, p.w), max(h, p.h)
	}
	for i := range l.rows * l.cols {
		if i%l.cols == 0 {
			l.plots = append(l.plots, nil)
		}
		var p *plot.Plot
		if i < len(l.panels) {
			p = l.panels[i].plot
		}
		l.plots[i/l.cols] = append(l.plots[i/l.cols], p)
	}
	if len(known) > 0 {
		trial := draw.New(vgimg.New(20*vg.Inch, 4*vg.Inch))
		l.legendWidth = legend.Rectangle(trial).Size().X + vg.Points(14)
	}
	l.titles = plot.New().Title.TextStyle
	l.titles.Font.Size, l.titles.XAlign, l.titles.YAlign = vg.Points(11), draw.XLeft, draw.YTop
	l.footer = l.titles
	l.footer.Font.Size, l.footer.Color = vg.Points(9), color.Gray{70}
	l.top, l.bottom = vg.Points(22), vg.Points(4)+vg.Points(13)*vg.Length(len(f.Notes))
	l.width = (w+l.side+vg.Points(2))*vg.Length(l.cols) + l.legendWidth
	l.height = h*vg.Length(l.rows) + vg.Points(14)*vg.Length(l.rows-1) + vg.Points(13)*vg.Length(len(f.Notes))
	for _, line := range append([]string{f.Title}, f.Notes...) { // nothing is cut off
		l.width = max(l.width, l.titles.Width(line)+vg.Points(20))
	}
	return l, nil
}

func (f *Figure) draw(svg bool) (vg.CanvasWriterTo, error) {
	l, err := f.layout()
	if err != nil {
		return nil, err
	}
	var canvas vg.CanvasWriterTo = vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(l.width, l.height), vgimg.UseDPI(figureDPI))}
	if svg {
		canvas = vgsvg.New(l.width, l.height)
	}
	all := draw.New(canvas)
	all.SetColor(color.White)
	all.Fill(all.Rectangle.Path())
	body := draw.Crop(all, vg.Points(6), -l.legendWidth-l.side-vg.Points(6), l.bottom, -l.top)
	tiles := draw.Tiles{Rows: l.rows, Cols: l.cols, PadX: vg.Points(12) + l.side, PadY: vg.Points(14)}
	at := plot.Align(l.plots, tiles, body)
	for i, p := range l.panels {
		c := at[i/l.cols][i%l.cols]
		if p.plot == nil {
			c.Max.X += l.side
			p.free(c)
			continue
		}
		p.plot.Draw(c)
		label := p.plot.Y.Label.TextStyle
		label.Rotation, label.XAlign, label.YAlign = math.Pi/2, draw.XCenter, draw.YTop
		data := p.plot.DataCanvas(c)
		all.FillText(label, vg.Point{X: c.Min.X, Y: data.Center().Y}, p.y)
		if p.beside != nil {

			p.beside(draw.Canvas{Canvas: all.Canvas, Rectangle: vg.Rectangle{
				Min: vg.Point{X: c.Max.X + vg.Points(6), Y: data.Min.Y}, Max: vg.Point{X: c.Max.X + p.side, Y: data.Max.Y},
			}})
		}
	}
	all.FillText(l.titles, vg.Point{X: all.Min.X + vg.Points(8), Y: all.Max.Y - vg.Points(5)}, f.Title)
	for i, line := range f.Notes {
		y := all.Min.Y + vg.Points(13)*vg.Length(len(f.Notes)-i) + vg.Points(1)
		all.FillText(l.footer, vg.Point{X: all.Min.X + vg.Points(8), Y: y}, line)
	}
	if l.legendWidth > 0 {
		l.legend.Draw(draw.Crop(all, all.Max.X-l.legendWidth-all.Min.X, 0, 0, -l.top-vg.Points(4)))
	}
	return canvas, nil
}

func write(path string, from io.WriterTo) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = from.WriteTo(file)
	if err = errors.Join(err, file.Close()); err != nil {
		removeFile(path)
	}
	return err
}

// removeFile removes what was begun and not written, if it is a file and no device.
func removeFile(path string) {
	if info, err := os.Lstat(path); err == nil && info.Mode().IsRegular() {
		_ = os.Remove(path) // why it was not written says more
	}
}

// axes is a plot without contents.
func axes(title, x string) *plot.Plot {
	q := plot.New()
	q.Title.Text, q.X.Label.Text = title, x
	q.Y.Label.Padding = vg.Points(10)
	q.Y.Label.Text = " " // room for a label; Gonum's own makes a plot shorter if it is long
	q.Title.TextStyle.Font.Size, q.Title.Padding = vg.Points(10), vg.Points(4)
	for _, axis := range []*plot.Axis{&q.X, &q.Y} {
		axis.Label.TextStyle.Font.Size, axis.Tick.Label.Font.Size = vg.Points(10), vg.Points(9)
		axis.Padding = 0
	}
	return q
}

func isFinite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
