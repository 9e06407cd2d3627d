package graphtest_test

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/graph/graphtest"
	"github.com/godescent/descent/internal/kernel"
	"github.com/godescent/descent/program"
	"github.com/godescent/descent/tensor"
)

// TestMain keeps the trials few, there being many cases; -rapid.checks says otherwise.
func TestMain(m *testing.M) {
	if err := flag.Set("rapid.checks", "50"); err != nil {
		panic(err)
	}
	flag.Parse()
	os.Exit(m.Run())
}

func TestPrimitives(t *testing.T) {
	pool := program.NewPool(2)
	defer pool.Close()
	graphtest.Run(t, graphtest.Primitives(), compiled(pool, kernel.Portable()))
}

// compiled computes values by a compiled program.
func compiled(pool *program.Pool, table *kernel.Table) graphtest.Compute {
	return func(g *graph.Graph, values []graph.Value, feeds map[graph.Value]*tensor.Array) ([]*tensor.Array, error) {
		p, err := program.Compile(g, program.Spec{Outputs: values})
		if err != nil {
			return nil, err
		}
		in := p.NewInstance(pool, table)
		for v, a := range feeds {
			if err := in.Bind(v, a); err != nil {
				return nil, err
			}
		}
		if err := in.Step(); err != nil {
			return nil, err
		}
		out := make([]*tensor.Array, len(values))
		for i, v := range values {
			out[i] = in.Output(v)
		}
		return out, nil
	}
}

// TestEveryPrimitiveHasACase reads the source of package graph: each type with
// the methods of a primitive, and each function of the elementwise and reducing
// ones, has a case that builds it, and says what its derivative is.
func TestEveryPrimitiveHasACase(t *testing.T) {
	types, names := map[string]bool{}, map[string]bool{}
	for _, c := range graphtest.Primitives() {
		ops := graphtest.Subjects(c)
		if len(ops) == 0 {
			t.Errorf("the case %q builds no primitive of that name", c.Name)
		}
		for _, op := range ops {
			types[reflect.TypeOf(op).Name()] = true
			names[op.Name()] = true
			_, flat := op.(graph.Flat)
			_, differentiable := op.(graph.Differentiable)
			if !flat && !differentiable {
				t.Errorf("%s has neither a JVP nor a declaration that its derivative is zero", op.Name())
			}
		}
	}
	found := primitiveTypes(t, "..")
	if len(found) < 20 {
		t.Fatalf("only %d primitives found in the source: %v", len(found), found)
	}
	for _, name := range found {
		if !types[name] {
			t.Errorf("no case of Primitives builds a graph.%s", name)
		}
	}
	for f := range kernel.UnaryCount {
		wantCase(t, names, graph.Unary{Func: f})
	}
	for f := range kernel.BinaryCount {
		wantCase(t, names, graph.Binary{Func: f})
	}
	for f := range kernel.ReduceCount {
		wantCase(t, names, graph.Reduce{Func: f})
	}
}

func wantCase(t *testing.T, names map[string]bool, op graph.Primitive) {
	t.Helper()
	if !names[op.Name()] {
		t.Errorf("no case of Primitives builds %s", op.Name())
	}
}

// primitiveTypes are the types of a folder's package that have the methods Name,
// Infer and Eval.
func primitiveTypes(t *testing.T, dir string) []string {
	t.Helper()
	files, err := fs.Glob(os.DirFS(dir), "*.go")
	if err != nil {
		t.Fatal(err)
	}
	methods := map[string]map[string]bool{}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), dir+"/"+name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Recv == nil {
				continue
			}
			recv := strings.TrimPrefix(fmt.Sprint(f.Recv.List[0].Type), "*")
			if methods[recv] == nil {
				methods[recv] = map[string]bool{}
			}
			methods[recv][f.Name.Name] = true
		}
	}
	var out []string
	for typ, m := range methods {
		if m["Name"] && m["Infer"] && m["Eval"] {
			out = append(out, typ)
		}
	}
	slices.Sort(out)
	return out
}
