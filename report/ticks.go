package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
)

// logTicks labels the decades, and 2 and 5 between them where there are few.
type logTicks struct{}

// Ticks implements plot.Ticker.
func (logTicks) Ticks(lo, hi float64) []plot.Tick {
	if lo <= 0 || !(lo < hi) {
		return nil
	}
	span := math.Log10(hi / lo)
	if span < 0.7 { // hardly a logarithm
		return plainTicks{}.Ticks(lo, hi)
	}
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
				t.Label = Number(x)
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
	step := niceStep(hi-lo, 6)
	var out []plot.Tick
	for i := math.Ceil(lo/step - 1e-9); i*step <= hi+1e-9*step; i++ {
		x := i*step + 0 // no −0
		out = append(out, plot.Tick{Value: x, Label: Number(x)})
	}
	return out
}

// niceStep is 1, 2 or 5 times a power of ten, of which a span holds at most so many.
func niceStep(span float64, most int) float64 {
	unit := math.Pow(10, math.Floor(math.Log10(span/float64(most))))
	for _, n := range []float64{1, 2, 5} {
		if span/(n*unit) <= float64(most) {
			return n * unit
		}
	}
	return 10 * unit
}

// Number is a number as labels have it: 0.05, 2,000, 1e-6.
func Number(x float64) string {
	switch a := math.Abs(x); {
	case a >= 1000 && a < 1e7 && x == math.Trunc(x):
		return grouped(int64(x))
	case a > 0 && a < 1e-3 || a >= 1e7:
		text := strconv.FormatFloat(x, 'e', -1, 64)
		if len(text) > 8 {
			text = fmt.Sprintf("%.1e", x)
		}
		return minus(strings.NewReplacer("e-0", "e-", "e+0", "e", "e+", "e").Replace(text))
	}
	return minus(fmt.Sprintf("%.4g", x))
}

// minus gives a negative number its own sign, which a hyphen is too short for.
func minus(text string) string {
	if strings.HasPrefix(text, "-") {
		return "−" + text[1:]
	}
	return text
}

// grouped is a whole number with commas between thousands.
func grouped(n int64) string {
	if n < 0 {
		return "−" + grouped(-n)
	}
	text := strconv.FormatInt(n, 10)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
