package main

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
)

// coefficients holds the constants of ../../coefficients.go by name, so that the
// assembly and the portable code share one source of every number.
type coefficients map[string]float64

func readCoefficients(path string) (coefficients, error) {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, path, nil, 0)
	if err != nil {
		return nil, err
	}
	pkg, err := new(types.Config).Check(f.Name.Name, fset, []*ast.File{f}, nil)
	if err != nil {
		return nil, err
	}
	c := coefficients{}
	for _, name := range pkg.Scope().Names() {
		if k, ok := pkg.Scope().Lookup(name).(*types.Const); ok {
			v, _ := constant.Float64Val(k.Val())
			c[name] = v
		}
	}
	return c, nil
}

// coef is a constant of the portable code; format has a %d for the element's bits.
func (g *gen) coef(format string) float64 {
	name := fmt.Sprintf(format, 8*g.elem())
	v, ok := g.numbers[name]
	if !ok {
		panic("coefficients.go has no " + name)
	}
	return v
}

// series lists prefix + "cN" ... prefix + "cM" of the portable code, N being last and M first.
func (g *gen) series(prefix string, first, last int) []float64 {
	var c []float64
	for i := last; i >= first; i-- {
		c = append(c, g.coef(fmt.Sprintf("%s%%dc%d", prefix, i)))
	}
	return c
}
