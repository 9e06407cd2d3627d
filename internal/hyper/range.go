package hyper

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Scale is how a search should cover a range.
type Scale string

// The scales.
const (
	Linear Scale = ""
	Log    Scale = "log"   // evenly in log x
	Log1m  Scale = "log1m" // evenly in log(1 − x), for memories near 1
)

// Range is an interval of numbers, each end open or closed.
type Range struct {
	Lo, Hi         float64
	LoOpen, HiOpen bool
	Scale          Scale
}

// ParseRange reads "[0,1)", "(0,inf) log" and the like.
func ParseRange(text string) (Range, error) {
	fail := fmt.Errorf("range %q is not like [0,1) or (0,inf) log", text)
	interval, scale, _ := strings.Cut(text, " ")
	r := Range{Scale: Scale(scale)}
	if r.Scale != Linear && r.Scale != Log && r.Scale != Log1m {
		return r, fail
	}
	n := len(interval)
	if n < 5 || !strings.ContainsRune("[(", rune(interval[0])) || !strings.ContainsRune("])", rune(interval[n-1])) {
		return r, fail
	}
	r.LoOpen, r.HiOpen = interval[0] == '(', interval[n-1] == ')'
	lo, hi, ok := strings.Cut(interval[1:n-1], ",")
	if !ok {
		return r, fail
	}
	var err1, err2 error
	r.Lo, err1 = strconv.ParseFloat(lo, 64)
	r.Hi, err2 = strconv.ParseFloat(hi, 64)
	if err1 != nil || err2 != nil || !(r.Lo <= r.Hi) {
		return r, fail
	}
	return r, nil
}

// Has reports whether x is in the range; NaN is in none.
func (r Range) Has(x float64) bool {
	above := x > r.Lo || !r.LoOpen && x == r.Lo
	below := x < r.Hi || !r.HiOpen && x == r.Hi
	return above && below
}

// String is the interval as it is written: [0,1).
func (r Range) String() string {
	open, end := '[', ']'
	if r.LoOpen {
		open = '('
	}
	if r.HiOpen {
		end = ')'
	}
	return fmt.Sprintf("%c%s,%s%c", open, number(r.Lo), number(r.Hi), end)
}

func number(x float64) string {
	if math.IsInf(x, 0) {
		return strings.ToLower(strings.TrimPrefix(strconv.FormatFloat(x, 'g', -1, 64), "+"))
	}
	return strconv.FormatFloat(x, 'g', -1, 64)
}
