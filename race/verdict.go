package race

import (
	"fmt"
	"math"
	"strings"

	"github.com/godescent/descent/internal/stats"
)

// Text is a score as people read it: 98.12% for a share, four digits otherwise.
func (m Metric) Text(x float64) string {
	if m.Name == accuracy {
		return fmt.Sprintf("%.2f%%", 100*x)
	}
	return fmt.Sprintf("%.4g", x)
}

// Span is the half-width of an interval, or a difference, in the score's units.
func (m Metric) Span(x float64) string {
	if m.Name == accuracy {
		return fmt.Sprintf("%.2f", 100*x)
	}
	return fmt.Sprintf("%.2g", x)
}

// Title is the score's name with the part that it is of.
func (m Metric) Title() string {
	if m.Name == accuracy || m.Name == r2 || m.Name == d2 {
		return string(m.Judge) + " " + m.Name
	}
	return "final " + m.Name
}

// Verdict says in plain words what to use, and why, and how sure that is.
func (r *Results) Verdict() string {
	if len(r.Contenders) == 0 {
		return "no contender finished its runs"
	}
	best := r.Contenders[0]
	if best.Score.N == 0 {
		return "use none of these: every run of every contender diverged; try smaller learning rates"
	}
	var tied, behind []*Summary
	for _, c := range r.Contenders[1:] {
		switch {
		case c.lost() > best.lost():
			behind = append(behind, c)
		case c.Tied():
			tied = append(tied, c)
		default:
			behind = append(behind, c)
		}
	}
	var out []string
	if len(tied) == 0 {
		out = append(out, r.winner(best, behind))
	} else {
		out = append(out, r.undecided(append([]*Summary{best}, tied...)))
		for _, c := range behind {
			if c.Score.N > 0 && c.lost() == best.lost() {
				d := c.Against.Difference
				out = append(out, fmt.Sprintf("%s is behind %s by %s ± %s (p %s).", c.withRate(), best.withRate(), r.Metric.Span(math.Abs(d.Mean)), r.Metric.Span(d.Half), small(c.Against.Adjusted)))
			}
		}
	}
	for _, c := range r.Contenders {
		out = append(out, c.warnings()...)
	}
	if n := r.Metric.Examples; n > 0 {
		if half := stats.Share(best.Score.Mean, n); !(half <= best.Score.Half) {
			out = append(out, fmt.Sprintf("All of this is about one split: an accuracy of %s on %d examples is good to ± %s for others like them.",
				r.Metric.Text(best.Score.Mean), n, r.Metric.Span(half)))
		}
	}
	if r.Interrupted {
		out = append(out, "The race was interrupted: this is what was done of it.")
	}
	return strings.Join(out, " ")
}

func (s *Summary) withRate() string { return fmt.Sprintf("%s lr %g", s.Name, s.Rate) }

// score is "test accuracy 98.12% ± 0.05".
func (r *Results) score(s *Summary) string {
	text := r.Metric.Title() + " " + r.Metric.Text(s.Score.Mean)
	if !math.IsNaN(s.Score.Half) {
		text += " ± " + r.Metric.Span(s.Score.Half)
	}
	return text
}

func (r *Results) winner(best *Summary, behind []*Summary) string {
	text := fmt.Sprintf("use %s: %s", best.withRate(), r.score(best))
	unit := ""
	if r.Metric.Name == accuracy {
		unit = " points"
	}
	for i, c := range behind {
		switch {
		case c.lost() > best.lost():
			text += fmt.Sprintf(", and %s diverged in %d of %d runs", c.withRate(), c.Diverged, len(c.Runs))
		default:
			d := c.Against.Difference
			lead := ", "
			if i > 0 {
				lead = " and "
			}
			text += fmt.Sprintf("%s%s ± %s%s better than %s (p %s, the same %d seeds)", lead, r.Metric.Span(math.Abs(d.Mean)), r.Metric.Span(d.Half), unit, c.withRate(), small(c.Against.Adjusted), d.N)
		}
	}
	text += "."
	if len(behind) > 0 {
		if why := pace(best, behind[:1]); why != "" {
			text += " " + why
		}
	}
	return text + wide(best)
}

// undecided says who cannot be told apart, and takes the one that is there first.
func (r *Results) undecided(tied []*Summary) string {
	var names, scores []string
	for _, c := range tied {
		names = append(names, c.Name)
		scores = append(scores, r.Metric.Text(c.Score.Mean))
	}
	last := len(names) - 1
	list := strings.Join(names[:last], ", ") + " and " + names[last]
	text := fmt.Sprintf("%s cannot be told apart with %s (%s %s", list, seeds(len(r.Seeds)), r.Metric.Title(), strings.Join(scores, ", "))
	if c := tied[1].Against; len(tied) == 2 && !math.IsNaN(c.P) {
		text += fmt.Sprintf("; p %s", small(c.Adjusted))
	}
	text += ")"
	first, goal := tied[0], common(tied)
	bestStep, bestTime := math.Inf(1), math.Inf(1)
	for _, c := range tied {
		step, time, ok := c.Reach(goal)
		if ok && (step < bestStep || step == bestStep && time < bestTime) {
			first, bestStep, bestTime = c, step, time
		}
	}
	var others []*Summary
	for _, c := range tied {
		if c != first {
			others = append(others, c)
		}
	}
	why := pace(first, others)
	if why == "" {
		return fmt.Sprintf("%s; use any of them, say %s.", text, first.withRate()) + wide(first)
	}
	return fmt.Sprintf("%s; use %s. %s", text, first.withRate(), why) + wide(first)
}

func seeds(n int) string {
	if n == 1 {
		return "1 seed"
	}
	return fmt.Sprintf("%d seeds", n)
}

// common is the training loss that all reach: the largest of the last ones.
func common(all []*Summary) float64 {
	goal := math.Inf(-1)
	for _, c := range all {
		if points, _ := c.Curve(); len(points) > 0 {
			goal = math.Max(goal, points[len(points)-1].Mean)
		}
	}
	return goal
}

// pace says how much sooner one reaches the training loss that all come to, or "" if
// it is sooner than none.
func pace(first *Summary, others []*Summary) string {
	all := append([]*Summary{first}, others...)
	goal := common(all)
	a, s, ok := first.Reach(goal)
	if !ok {
		return ""
	}
	var parts []string
	sooner := false
	for _, c := range others {
		b, t, ok := c.Reach(goal)
		if !ok || b < a {
			continue
		}
		part := fmt.Sprintf("%s takes %.0f", c.Name, b)
		if b == a {
			part = c.Name + " takes as many"
		}
		if s > 0 && t > 0 {
			part += fmt.Sprintf(" (%.2g s)", t)
		}
		parts, sooner = append(parts, part), sooner || b > a
	}
	if !sooner {
		return ""
	}
	text := fmt.Sprintf("It is down to training loss %.3g after %.0f steps", goal, a)
	if s > 0 {
		text += fmt.Sprintf(" (%.2g s)", s)
	}
	return text + "; " + strings.Join(parts, ", ") + "."
}

// wide says how far the rate may be off.
func wide(s *Summary) string {
	if s.Lo == s.Hi {
		return ""
	}
	return fmt.Sprintf(" Rates from %g to %g do about as well.", s.Lo, s.Hi)
}

func (s *Summary) warnings() []string {
	var out []string
	if s.Edge != "" {
		more := map[string]string{"lowest": "smaller", "highest": "larger"}[s.Edge]
		out = append(out, fmt.Sprintf("The best rate of %s, %g, is the %s tried: a %s one may be better.", s.Name, s.Rate, s.Edge, more))
	}
	for _, v := range s.Values {
		if v.Edge != "" {
			out = append(out, fmt.Sprintf("The best %s of %s is the %s tried.", v.Name, s.Name, v.Edge))
		}
	}
	if s.Diverged > 0 && s.Score.N > 0 {
		out = append(out, fmt.Sprintf("%s diverged in %d of %d runs, which its means leave out.", s.withRate(), s.Diverged, len(s.Runs)))
	}
	return out
}

// small is "= " and a probability in two digits, or a bound.
func small(p float64) string {
	if p < 1e-4 {
		return "< 0.0001"
	}
	return fmt.Sprintf("= %.2g", p)
}
