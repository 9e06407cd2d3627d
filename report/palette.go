package report

import (
	"image/color"
	"math"

	"gonum.org/v1/plot/vg"
)

// styles are Okabe and Ito's colours, which people with any colour vision tell
// apart; the dashes tell the lines apart in grey.
var styles = []struct {
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

// viridis is Matplotlib's colour map of that name (Smith and van der Walt 2015,
// CC0) at 17 places: equal steps are seen as equal, and it darkens to one side in grey.
var viridis = [17][3]uint8{
	{68, 1, 84}, {72, 21, 103}, {72, 38, 119}, {69, 55, 129}, {64, 71, 136}, {57, 86, 140}, {51, 99, 141}, {45, 112, 142}, {40, 125, 142},
	{35, 138, 141}, {31, 150, 139}, {41, 175, 127}, {60, 187, 117}, {85, 198, 103}, {149, 216, 64}, {200, 225, 40}, {253, 231, 37},
}

// heat is viridis at t in [0,1], mixed with so much white.
func heat(t, white float64) color.NRGBA {
	t = math.Max(0, math.Min(1, t)) * float64(len(viridis)-1)
	i := min(int(t), len(viridis)-2)
	f := t - float64(i)
	var c [3]uint8
	for k := range c {
		x := float64(viridis[i][k])*(1-f) + float64(viridis[i+1][k])*f
		c[k] = uint8(math.Round(x*(1-white) + 255*white))
	}
	return color.NRGBA{c[0], c[1], c[2], 255}
}
