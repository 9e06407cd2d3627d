package cli

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// finite is a number for JSON, which knows no NaN and no infinity.
func finite(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &x
}

// grouped is a whole number with its thousands set apart: 235,146.
func grouped(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// percent is a share with two digits behind the point: 98.12%.
func percent(x float64) string { return fmt.Sprintf("%.2f%%", 100*x) }

// clock is a time as a person reads it: 0.8s, 12s, 3m05s, 2h07m.
func clock(d time.Duration) string {
	s := d.Seconds()
	switch {
	case s < 9.95:
		return fmt.Sprintf("%.1fs", s)
	case s < 59.5:
		return fmt.Sprintf("%.0fs", s)
	case s < 3599.5:
		n := int(math.Round(s))
		return fmt.Sprintf("%dm%02ds", n/60, n%60)
	}
	n := int(math.Round(s / 60))
	return fmt.Sprintf("%dh%02dm", n/60, n%60)
}
