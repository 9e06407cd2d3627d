package optim

import (
	"fmt"
	"math"
	"strconv"

	"github.com/godescent/descent/internal/hyper"
)

// Parse reads "adam" or "adam:lr=1e-3,beta1=0.95": a name of Rules, then
// hyper-parameters and lr, which is the entry's DefaultLR if it is not given. A
// transform's hyper-parameter adds the transform: sgd:lr=0.1,clip_norm=1. Every
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
	r, lr, err := e.parse(pairs)
	if err != nil {
		return nil, 0, fmt.Errorf("optimizer %s: %w", name, err)
	}
	return r, lr, nil
}

func (e Entry) parse(pairs []hyper.Pair) (Rule, float64, error) {
	r, lr := e.New(), e.DefaultLR
	extra := []string{"lr"}
	for _, t := range Transforms() {
		extra = append(extra, t.Name)
	}
	var before, after []Transform
	for _, p := range pairs {
		if p.Key == "lr" {
			x, err := strconv.ParseFloat(p.Value, 64)
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
		if err == nil {
			if err := param.Set(p.Value); err != nil {
				return nil, 0, err
			}
			continue
		}
		t, place := transform(p.Key)
		if t == nil {
			return nil, 0, err
		}
		if err := Set(After(NewSGD(), t), p.Key, p.Value); err != nil {
			return nil, 0, err
		}
		if place {
			after = append(after, t)
		} else {
			before = append(before, t)
		}
	}
	if before != nil {
		r = Before(r, before...)
	}
	if after != nil {
		r = After(r, after...)
	}
	return r, lr, nil
}

// transform is a new transform by the name of its hyper-parameter, or nil, and
// whether it acts after the rule.
func transform(name string) (t Transform, after bool) {
	for _, e := range Transforms() {
		if e.Name == name {
			return e.New(), e.After
		}
	}
	return nil, false
}

// CheckRate is nil if lr can be a learning rate: a positive finite number.
func CheckRate(lr float64) error {
	if lr > 0 && !math.IsInf(lr, 1) {
		return nil
	}
	return fmt.Errorf("lr=%v is not in (0,inf); a learning rate is a positive number", lr)
}
