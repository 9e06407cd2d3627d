package cli

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/godescent/descent/optim"
	"github.com/godescent/descent/race"
)

// entrant is an optimizer as the command line has it.
type entrant struct {
	name, setting string
	contender     race.Contender // without its problem
}

// entrants reads "momentum:lr=0.01|0.1,momentum=0.9,adam": a part with an = and no
// name before it belongs to the optimizer before.
func (a *app) entrants(flag, text string) ([]entrant, error) {
	var out []entrant
	for _, s := range settingsOf(text) {
		e, err := a.entrant(s)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", flag, err)
		}
		out = append(out, e)
	}
	return out, nil
}

// settingsOf takes a list of optimizers apart.
func settingsOf(text string) []string {
	var settings []string
	for part := range strings.SplitSeq(text, ",") {
		colon, equal := strings.IndexByte(part, ':'), strings.IndexByte(part, '=')
		if equal >= 0 && (colon < 0 || equal < colon) && len(settings) > 0 {
			settings[len(settings)-1] += "," + part
			continue
		}
		settings = append(settings, strings.TrimSpace(part))
	}
	return settings
}

// The values of a range beside the learning rate, and of each of several.
const (
	aloneValues   = 5
	severalValues = 3
)

// entrant reads an optimizer whose numbers may be ranges, 0.9..0.99, or lists, 0.9|0.99.
func (a *app) entrant(text string) (entrant, error) {
	kind, rest, _ := strings.Cut(text, ":")
	var keep, searched []string
	var rates string
	for pair := range strings.SplitSeq(rest, ",") {
		key, value, _ := strings.Cut(pair, "=")
		switch {
		case pair == "":
		case strings.TrimSpace(key) == "lr":
			rates = strings.TrimSpace(value)
		case isRange(value) || strings.Contains(value, "|") && isNumbers(value):
			searched = append(searched, strings.TrimSpace(pair))
		default:
			keep = append(keep, pair)
		}
	}
	setting := settingOf(kind, keep)
	rule, lr, err := a.tables.Rules.Parse(setting)
	if err != nil {
		return entrant{}, err
	}
	c := race.Contender{Name: settingOf(kind, append(slices.Clone(keep), searched...)), Setting: setting, Rule: rule, Rates: race.Grid(lr)}
	if rates != "" {
		if err := a.rates(kind, rates, &c); err != nil {
			return entrant{}, err
		}
	}
	for _, pair := range searched {
		// A key of what is put around the rule needs it there.
		key, value, _ := strings.Cut(pair, "=")
		lo, _, _ := strings.Cut(strings.Replace(value, "..", "|", 1), "|")
		setting = settingOf(kind, append(keep, strings.TrimSpace(key)+"="+lo))
		if c.Rule, _, err = a.tables.Rules.Parse(setting); err != nil {
			return entrant{}, err
		}
		keep = append(keep, strings.TrimSpace(key)+"="+lo)
	}
	for _, pair := range searched {
		n := severalValues
		if len(searched) == 1 {
			n = aloneValues
		}
		axis, err := axisOf(c.Rule, pair, n)
		if err != nil {
			return entrant{}, fmt.Errorf("optimizer %s: %w", kind, err)
		}
		c.Axes = append(c.Axes, axis)
	}
	return entrant{kind, settingOf(kind, keep), c}, nil
}

func settingOf(kind string, pairs []string) string {
	if len(pairs) == 0 {
		return kind
	}
	return kind + ":" + strings.Join(pairs, ",")
}

// rates are those of a contender: one, a list or a range.
func (a *app) rates(kind, text string, c *race.Contender) error {
	list := strings.Split(text, "|")
	if isRange(text) {
		lo, hi, _ := strings.Cut(text, "..")
		list = []string{lo, hi}
	}
	var rates []float64
	for _, one := range list {
		_, x, err := a.tables.Rules.Parse(kind + ":lr=" + one)
		if err != nil {
			return err
		}
		rates = append(rates, x)
	}
	if !isRange(text) {
		slices.Sort(rates)
		c.Rates, c.Given = slices.Compact(rates), true
		return nil
	}
	between, err := race.Between(rates[0], rates[1])
	if err != nil {
		return fmt.Errorf("optimizer %s: lr=%s: %w", kind, text, err)
	}
	c.Rates, c.Bounded = between, true
	return nil
}

// axisOf is a pair of a setting, key=lo..hi or key=a|b|c, as an axis of the rule that has the key.
func axisOf(rule optim.Rule, pair string, n int) (race.Axis, error) {
	key, value, _ := strings.Cut(pair, "=")
	value = strings.TrimSpace(value)
	h, err := optim.Find(rule, strings.TrimSpace(key))
	if err != nil {
		return race.Axis{}, err
	}
	if _, ok := h.Value.(float64); !ok {
		return race.Axis{}, fmt.Errorf("%s is %s and shapes the step; let its values take part one by one", h.Name, h.Range)
	}
	parts := strings.Split(value, "|")
	if isRange(value) {
		lo, hi, _ := strings.Cut(value, "..")
		parts = []string{lo, hi}
	}
	var xs []float64
	for _, p := range parts {
		if err := optim.Set(rule, h.Name, strings.TrimSpace(p)); err != nil {
			return race.Axis{}, err
		}
		x, err := strconv.ParseFloat(strings.TrimSpace(p), 64)
		if err != nil {
			return race.Axis{}, err
		}
		xs = append(xs, x)
	}
	if isRange(value) {
		return race.NewAxis(h.Name, h.Path, pair, h.Scale, xs[0], xs[1], n)
	}
	slices.Sort(xs)
	return race.Axis{Name: h.Name, Path: h.Path, Text: pair, Scale: h.Scale, Values: slices.Compact(xs), Given: true}, nil
}

// isRange reports whether a text is two numbers with .. between them.
func isRange(text string) bool {
	lo, hi, ok := strings.Cut(text, "..")
	return ok && isNumbers(lo+"|"+hi)
}

func isNumbers(text string) bool {
	for one := range strings.SplitSeq(text, "|") {
		if _, err := strconv.ParseFloat(strings.TrimSpace(one), 64); err != nil {
			return false
		}
	}
	return true
}
