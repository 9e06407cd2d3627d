package optim

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/godescent/descent/internal/hyper"
)

// Parse reads "adam" or "adam:lr=1e-3,beta1=0.95": a name of Rules, then
// hyper-parameters and lr, which is the entry's DefaultLR if it is not given. A
// transform's hyper-parameter adds the transform: sgd:lr=0.1,clip_norm=1. A number
// may be a formula of the step: adam:beta1=0.85+0.1*min(1; t/100), see [Scheduled]. Every
// error is one line that names the hyper-parameter, the value and what is allowed.
func Parse(spec string) (r Rule, lr float64, err error) { return Rules().Parse(spec) }

// Parse is as the function Parse, for the rules of the table.
func (t Table) Parse(spec string) (Rule, float64, error) {
	name, pairs, err := hyper.ParseSpec(spec)
	e, unknown := t.Lookup(name)
	if unknown != nil {
		return nil, 0, unknown
	}
	if err != nil {
		return nil, 0, fmt.Errorf("optimizer %s: %w", name, err)
	}
	r, lr, err := e.parse(pairs, t)
	if err != nil {
		return nil, 0, fmt.Errorf("optimizer %s: %w", name, err)
	}
	return r, lr, nil
}

func (e Entry) parse(pairs []hyper.Pair, t Table) (Rule, float64, error) {
	r, lr, err := e.graft(pairs, t)
	if err != nil {
		return nil, 0, err
	}
	r, err = compose(r, pairs)
	if err != nil {
		return nil, 0, err
	}
	extra := []string{"lr"}
	for _, t := range Transforms() {
		extra = append(extra, t.Name)
	}
	for _, p := range pairs {
		if p.Key == "lr" {
			x, err := strconv.ParseFloat(p.Value, 64)
			if err != nil && checkFormula(p.Value) == nil {
				return nil, 0, fmt.Errorf("lr=%s is not a number in (0,inf); a formula of the rate is a schedule: expression:formula=f for lr·f", hyper.Shown(p.Value))
			}
			if err != nil {
				return nil, 0, fmt.Errorf("lr=%s is not a number in (0,inf)", hyper.Shown(p.Value))
			}
			if err := CheckRate(x); err != nil {
				return nil, 0, err
			}
			lr = x
			continue
		}
		param, err := find(r, p.Key, extra...)
		if err != nil {
			return nil, 0, err
		}
		if r, err = assign(r, param, p.Value); err != nil {
			return nil, 0, err
		}
	}
	if formulas(r) != nil {
		if _, _, err := State(r); err != nil { // says which of them shapes the step
			return nil, 0, errors.New(strings.TrimPrefix(err.Error(), "optim: scheduled: "))
		}
	}
	return r, lr, nil
}

// assign gives a parameter the number, switch or word that a text is, or makes it follow the formula.
func assign(r Rule, p parameter, text string) (Rule, error) {
	text = strings.TrimSpace(text)
	if lo, hi, ok := strings.Cut(text, ".."); ok && isNumber(lo) && isNumber(hi) {
		return nil, fmt.Errorf("%s=%s is a range, which only compare searches; give one number", p.Name, text)
	}
	if p.IsNumber() && !isNumber(text) {
		return follow(r, p, text)
	}
	if err := p.Set(text); err != nil {
		if !isNumber(text) && checkFormula(text) == nil {
			return nil, fmt.Errorf("%w; it shapes the step and cannot follow a formula", err)
		}
		return nil, err
	}
	delete(formulas(r), p.path)
	return r, nil
}

func isNumber(text string) bool {
	_, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	return err == nil
}

// graft is the entry's rule, with the rule of the table that a key names if one does, and the rate that suits it.
func (e Entry) graft(pairs []hyper.Pair, t Table) (Rule, float64, error) {
	r, lr := e.New(), e.DefaultLR
	for _, p := range pairs {
		entry, ok := transformEntry(p.Key)
		if !ok || entry.Named == nil {
			continue
		}
		other, err := t.Lookup(p.Value)
		if err != nil {
			return nil, 0, fmt.Errorf("%s=%s: %w", p.Key, hyper.Shown(p.Value), err)
		}
		r, lr = entry.Named(p.Value, other.New(), r), other.DefaultLR
	}
	return r, lr, nil
}

// compose is a rule with the transforms that the keys ask for and it does not have, and
// within the rules around it, the first key's the innermost: these see the whole Δw.
func compose(r Rule, pairs []hyper.Pair) (Rule, error) {
	var before, after, last []Transform
	var around, outermost []func(Rule) Rule
	for _, p := range pairs {
		if _, err := find(r, p.Key); err == nil || p.Key == "lr" {
			continue // a hyper-parameter of its own
		}
		switch t, ok := transformEntry(p.Key); {
		case !ok:
		case t.Wrap != nil && t.Last:
			outermost = append(outermost, t.Wrap)
		case t.Wrap != nil:
			around = append(around, t.Wrap)
		case t.Last:
			last = append(last, t.New())
		case t.After:
			after = append(after, t.New())
		default:
			before = append(before, t.New())
		}
	}
	if before != nil {
		r = Before(r, before...)
	}
	if after = append(after, last...); after != nil {
		r = After(r, after...)
	}
	for _, wrap := range append(around, outermost...) {
		r = wrap(r)
	}
	_, err := parameters(r)
	return r, err
}

// transformEntry is the entry of a transform's hyper-parameter.
func transformEntry(name string) (TransformEntry, bool) {
	for _, e := range Transforms() {
		if e.Name == name {
			return e, true
		}
	}
	return TransformEntry{}, false
}

// CheckRate is nil if lr can be a learning rate: a positive finite number.
func CheckRate(lr float64) error {
	if lr > 0 && !math.IsInf(lr, 1) {
		return nil
	}
	return fmt.Errorf("lr=%v is not in (0,inf); a learning rate is a positive number", lr)
}
