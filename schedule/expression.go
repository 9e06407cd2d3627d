package schedule

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/internal/suggest"
)

// Expression is any formula of the number t of updates made before this one and the number K of updates of the run:
//
//	η = η0·f(t)
//
// It knows + − * / ^, comparisons (1 where they hold, else 0), pi, and sqrt exp log sin cos tanh abs floor of one number and
// min max of two, divided by a semicolon: (t<100)*t/100 + (t>=100)*max(0.1; 1-t/K). The name of a schedule, with its
// parameters in brackets if any, is that schedule's η/η0: cosine(warmup=100; final=0.1)*(1+0.1*sin(t)).
type Expression struct {
	Steps   int    `hyper:"steps" symbol:"K" range:"[1,inf)" doc:"number of updates that K stands for"`
	Formula string `hyper:"formula" symbol:"f" text:"a formula of t and K, such as 1/sqrt(1+t/100)" doc:"the rate over lr"`
}

// NewExpression falls in a line to 0.
func NewExpression(steps int) *Expression { return &Expression{steps, "max(0;1-t/K)"} }

// Rate implements Schedule.
func (s *Expression) Rate(g *graph.Graph, η0, τ graph.Value) graph.Value {
	f, err := s.parse(g, τ)
	if err != nil {
		return g.Fail("expression", "%v", err)
	}
	return η0.Mul(f)
}

// check is the formula's first mistake.
func (s *Expression) check() error {
	g := graph.New()
	_, err := s.parse(g, g.Const(0))
	return err
}

func (s *Expression) parse(g *graph.Graph, τ graph.Value) (graph.Value, error) {
	v, err := Formula(g, s.Formula, τ, s.Steps)
	if err != nil {
		return v, fmt.Errorf("formula=%s: %w", s.Formula, err)
	}
	return v, nil
}

// Formula is a formula of Expression's language with the number τ, rank-0 float64, for its t and steps for its K: 0 is a
// run of unknown length, which has no K and no schedule that needs one.
func Formula(g *graph.Graph, text string, τ graph.Value, steps int) (graph.Value, error) {
	p := &formula{g: g, text: text, steps: steps, t: τ, names: map[string]graph.Value{
		"t": τ, "K": g.Const(float64(steps)), "pi": g.Const(math.Pi),
	}}
	v := p.comparison()
	if p.space(); p.err == nil && p.at < len(p.text) {
		p.fail("%q is not expected", p.text[p.at:])
	}
	return v, p.err
}

// formula is read from left to right by recursive descent.
type formula struct {
	g     *graph.Graph
	text  string
	at    int
	depth int
	names map[string]graph.Value
	t     graph.Value
	steps int // K, or 0
	err   error
}

func (p *formula) fail(format string, args ...any) graph.Value {
	if p.err == nil {
		p.err = fmt.Errorf("at character %d: "+format, append([]any{p.at + 1}, args...)...)
	}
	p.at = len(p.text)
	return p.g.Const(0)
}

func (p *formula) space() {
	for p.at < len(p.text) && p.text[p.at] == ' ' {
		p.at++
	}
}

// take skips a sign if it is next.
func (p *formula) take(sign string) bool {
	p.space()
	if !strings.HasPrefix(p.text[p.at:], sign) {
		return false
	}
	p.at += len(sign)
	return true
}

func (p *formula) comparison() graph.Value {
	if p.depth++; p.depth > 100 {
		return p.fail("it is nested too deeply")
	}
	defer func() { p.depth-- }()
	x := p.sum()
	switch {
	case p.take("<="):
		return x.LessEqual(p.sum())
	case p.take(">="):
		return x.GreaterEqual(p.sum())
	case p.take("<"):
		return x.Less(p.sum())
	case p.take(">"):
		return x.Greater(p.sum())
	}
	return x
}

func (p *formula) sum() graph.Value {
	x := p.product()
	for {
		switch {
		case p.take("+"):
			x = x.Add(p.product())
		case p.take("-"):
			x = x.Sub(p.product())
		default:
			return x
		}
	}
}

func (p *formula) product() graph.Value {
	x := p.signed()
	for {
		switch {
		case p.take("*"):
			x = x.Mul(p.signed())
		case p.take("/"):
			x = x.Div(p.signed())
		default:
			return x
		}
	}
}

// signed is −x^y, which is −(x^y).
func (p *formula) signed() graph.Value {
	negative := false
	for p.take("-") {
		negative = !negative
	}
	x := p.primary()
	if p.take("^") {
		if p.depth++; p.depth > 100 {
			return p.fail("it is nested too deeply")
		}
		x = x.Pow(p.signed())
		p.depth--
	}
	if negative {
		return x.Neg()
	}
	return x
}

func (p *formula) primary() graph.Value {
	if p.take("(") {
		x := p.comparison()
		if !p.take(")") {
			return p.fail("a ) is wanted")
		}
		return x
	}
	p.space()
	start := p.at
	for p.at < len(p.text) && (p.text[p.at] == '.' || unicode.IsDigit(rune(p.text[p.at])) ||
		p.at > start && (p.text[p.at] == 'e' || p.text[p.at] == 'E' || strings.ContainsRune("eE", rune(p.text[p.at-1])) && strings.ContainsRune("+-", rune(p.text[p.at])))) {
		p.at++
	}
	if p.at > start {
		x, err := strconv.ParseFloat(p.text[start:p.at], 64)
		if err != nil {
			return p.fail("%q is no number", p.text[start:p.at])
		}
		return p.g.Const(x)
	}
	for p.at < len(p.text) && p.text[p.at] < unicode.MaxASCII && (unicode.IsLetter(rune(p.text[p.at])) || p.text[p.at] == '_') {
		p.at++
	}
	name := p.text[start:p.at]
	if name == "K" && p.steps == 0 {
		return p.fail("K is the number of updates of the run, which is not known; end it by epochs or steps")
	}
	if v, ok := p.names[name]; ok {
		return v
	}
	if name == "" {
		return p.fail("a number, %s or a function is wanted", strings.Join(slices.Sorted(maps.Keys(p.names)), ", "))
	}
	return p.call(name)
}

// call is a function of one or two numbers.
func (p *formula) call(name string) graph.Value {
	one := map[string]func(graph.Value) graph.Value{
		"sqrt": graph.Value.Sqrt, "exp": graph.Value.Exp, "log": graph.Value.Log, "sin": graph.Value.Sin,
		"cos": graph.Value.Cos, "tanh": graph.Value.Tanh, "abs": graph.Value.Abs, "floor": graph.Value.Floor,
	}
	two := map[string]func(x, y graph.Value) graph.Value{"min": graph.Value.Min, "max": graph.Value.Max}
	if e, err := Lookup(name); err == nil && name != "expression" {
		return p.schedule(e)
	}
	if one[name] == nil && two[name] == nil {
		known := append(slices.Sorted(maps.Keys(p.names)), strings.Fields("sqrt exp log sin cos tanh abs floor min max")...)
		for _, e := range All() {
			known = append(known, e.Name)
		}
		return p.fail("%q is unknown; %s", name, suggest.Hint(name, known))
	}
	if !p.take("(") {
		return p.fail("a ( is wanted after %s", name)
	}
	x := p.comparison()
	if f := two[name]; f != nil {
		if !p.take(";") {
			return p.fail("%s is of two numbers, divided by a semicolon", name)
		}
		x = f(x, p.comparison())
	} else {
		x = one[name](x)
	}
	if !p.take(")") {
		return p.fail("a ) is wanted")
	}
	return x
}

// schedule is the η/η0 of a schedule of the table, whose parameters stand in brackets: cosine(warmup=100; final=0.1).
func (p *formula) schedule(e Entry) graph.Value {
	at, spec := p.at, e.Name
	if p.take("(") {
		inside, _, ok := strings.Cut(p.text[p.at:], ")")
		if !ok {
			return p.fail("a ) is wanted")
		}
		p.at += len(inside) + 1
		if strings.TrimSpace(inside) != "" {
			spec += ":" + strings.ReplaceAll(inside, ";", ",")
		}
	}
	s, err := Parse(spec, p.steps)
	if err != nil {
		p.at = at - len(e.Name)
		return p.fail("%w", err)
	}
	return s.Rate(p.g, p.g.Const(1), p.t)
}
