// Package arch holds no code, only the test that keeps the house standing: which
// room may import which, and what may come from outside.
package arch

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/godescent/descent/"

// rooms is the house, top to bottom: a room and the rooms it stands on. A room
// may import those, all that they stand on in turn, and itself: a folder without
// a row of its own belongs to the nearest one above that has one (data/csv to
// data). Kernels are the exception: only rows that name them may import them.
// Rooms that are not built yet have their place already.
var rooms = map[string][]string{
	"cmd/descent":    {"cli"},
	"examples":       {"cli", "curvature", "train"},
	"cli":            {"bench", "report", "dashboard", "race", "surface", "curvature", "minimize", "train", "internal/kernel/dispatch"}, // which kernels there are
	"bench":          {"train", "internal/kernel", "internal/kernel/dispatch"},                                                          // the machine's own figures
	"report":         {"race", "surface", "curvature", "train", "internal/kernel/dispatch"},                                             // the lecture's runs name their kernel set
	"dashboard":      {"race", "surface", "curvature", "train"},
	"race":           {"train", "curvature", "internal/kernel", "internal/kernel/dispatch"},                                     // start points
	"surface":        {"objective", "optim", "schedule", "program", "curvature", "internal/kernel", "internal/kernel/dispatch"}, // paths of optimizers; random directions
	"curvature":      {"objective", "autodiff", "program", "internal/dense", "internal/kernel", "internal/kernel/dispatch"},     // random vectors
	"minimize":       {"objective", "autodiff", "program", "internal/dense", "internal/hyper"},
	"train":          {"objective", "optim", "minimize", "schedule", "data", "data/augment", "program", "curvature", "onnx", "tensorboard", "internal/kernel", "internal/kernel/dispatch"}, // a run names its kernel set
	"objective":      {"nn", "loss", "weights", "graph"},
	"nn":             {"initial", "weights", "graph"},
	"loss":           {"weights", "graph"},
	"initial":        {"weights", "graph", "internal/kernel"},                        // the counter's random numbers
	"optim":          {"weights", "autodiff", "graph", "schedule", "internal/hyper"}, // hyper-parameters move too
	"schedule":       {"graph", "internal/hyper"},
	"data":           {"tensor"},
	"data/augment":   {"data", "graph"},                 // pictures are varied inside the compiled step
	"optim/docgen":   {"optim", "schedule", "minimize"}, // writes docs/optimizers.md
	"program":        {"graph", "tensor", "internal/kernel", "internal/kernel/dispatch", "internal/kernel/native"},
	"autodiff":       {"graph"},
	"onnx":           {"graph", "tensor", "internal/kernel"},          // a primitive's function is a number of the kernels'
	"weights":        {"graph", "tensor"},                             // a View binds its place in w to a Value
	"graph":          {"tensor", "internal/kernel", "internal/dense"}, // a primitive's Eval has the kernels' order of summation
	"tensor":         {},
	"tensorboard":    {},
	"internal/arch":  {},
	"internal/hyper": {},
	"internal/dense": {"internal/kernel"},

	"internal/kernel/dispatch": {"internal/kernel", "internal/kernel/gemm", "internal/kernel/avx2", "internal/kernel/avx512", "internal/kernel/amx", "internal/kernel/neon"},
	"internal/kernel/avx2":     {"internal/kernel", "internal/kernel/gemm"},
	"internal/kernel/avx512":   {"internal/kernel", "internal/kernel/gemm"},
	"internal/kernel/amx":      {"internal/kernel", "internal/kernel/gemm"},
	"internal/kernel/neon":     {"internal/kernel", "internal/kernel/gemm"},
	"internal/kernel/gemm":     {"internal/kernel"},
	"internal/kernel/native":   {"internal/kernel"},
	"internal/kernel":          {},

	// Conformance suites: they drive every member of a room, so they stand beside
	// it and may use what runs it.
	"graph/graphtest":            {"graph", "autodiff", "program"},
	"optim/optimtest":            {"optim", "objective", "schedule", "program"},
	"nn/nntest":                  {"nn", "loss", "autodiff", "program"},
	"internal/kernel/kerneltest": {"internal/kernel", "internal/kernel/gemm"},

	"internal/suggest": {},
	"internal/stats":   {},
	"internal/interop": {}, // tests alone
}

// common is what every room may import: it knows nothing of the house.
var common = []string{"internal/suggest", "internal/stats"}

// outside is every import that is neither ours nor the standard library's, and
// who may have it. "tests" stands for the test files of all rooms.
var outside = map[string][]string{
	// What the processor can do.
	"golang.org/x/sys/cpu": {"internal/kernel/dispatch", "internal/kernel/avx2", "internal/kernel/avx512", "internal/kernel/amx", "internal/kernel/neon"},
	// A thread's clock, huge pages, the terminal's width.
	"golang.org/x/sys/unix": {"internal/kernel/dispatch", "program", "cli"},
	// The wire format of protobuf: ONNX models and TensorBoard's events.
	"google.golang.org/protobuf/encoding/protowire": {"onnx", "tensorboard", "tests"},
	// Commands, flags, their help and completion.
	"github.com/spf13/cobra": {"cli"},
	"github.com/spf13/pflag": {"cli"},
	// Specifications: YAML with the line of every node.
	"go.yaml.in/yaml/v4": {"cli"},
	// The progress bar, and whether there is a terminal to draw it on.
	"github.com/vbauerster/mpb/v8":       {"cli"},
	"github.com/vbauerster/mpb/v8/decor": {"cli"},
	"golang.org/x/term":                  {"cli"},
	// Figures as PNG and SVG.
	"gonum.org/v1/plot":          {"report"},
	"gonum.org/v1/plot/font":     {"report"},
	"gonum.org/v1/plot/plotter":  {"report"},
	"gonum.org/v1/plot/vg":       {"report"},
	"gonum.org/v1/plot/vg/draw":  {"report"},
	"gonum.org/v1/plot/vg/vgimg": {"report"},
	"gonum.org/v1/plot/vg/vgsvg": {"report"},
	// The eigensolver that ours is compared with.
	"gonum.org/v1/gonum/mat": {"tests"},
	// Scripts that run the command line as a user does.
	"github.com/rogpeppe/go-internal/testscript": {"tests"},
	// Parquet's compression; the tests write what the reader unpacks.
	"github.com/klauspost/compress/zstd":   {"data", "tests"},
	"github.com/klauspost/compress/gzip":   {"data"}, // a third less time than the standard one: MNIST is unpacked at every start
	"github.com/klauspost/compress/snappy": {"tests"},
	// Specifications are held to their JSON Schema.
	"github.com/santhosh-tekuri/jsonschema/v6": {"tests"},
	// Property tests.
	"pgregory.net/rapid": {"tests", "graph/graphtest", "optim/optimtest", "nn/nntest", "internal/kernel/kerneltest"},
}

// A file is one Go file: where it lies and what it imports.
type file struct {
	path    string // from the module's root, with slashes
	test    bool
	imports []imported
}

type imported struct {
	path, name string
	line       int
}

func TestImportTree(t *testing.T) {
	checkTable(t)
	for _, f := range files(t, root(t)) {
		for _, problem := range check(f) {
			t.Error(problem)
		}
	}
}

// TestCheck shows that each rule can fail, and that what is allowed does not.
func TestCheck(t *testing.T) {
	for _, c := range []struct {
		path, imports, want string
	}{
		{"graph/add.go", module + "tensor", ""},
		{"graph/add.go", "math", ""},
		{"graph/add.go", module + "internal/suggest", ""},
		{"train/loop.go", module + "tensor", ""}, // far below
		{"data/csv/csv.go", module + "data", ""}, // the same room
		{"data/csv/csv_test.go", module + "train", ""},
		{"data/csv/csv_test.go", "pgregory.net/rapid", ""},
		{"tensor/npy.go", module + "graph", "tensor/npy.go:7: tensor may not import graph"},
		{"optim/adam.go", module + "objective", "optim may not import objective"},
		{"objective/net.go", module + "optim", "objective may not import optim"},
		{"nn/linear.go", module + "internal/kernel", "nn may not import internal/kernel"},
		{"cli/train.go", module + "internal/kernel/avx2", "cli may not import internal/kernel/avx2"},
		{"attic/a.go", "math", `attic is no room; add it to the table "rooms" in internal/arch/arch_test.go`},
		{"graph/add.go", module + "attic", "attic is no room"},
		{"graph/add.go", module + "cmd/descent", "graph may not import cmd/descent"},
		{"graph/add.go", "pgregory.net/rapid", `"pgregory.net/rapid" is for tests`},
		{"graph/add.go", "golang.org/x/sys/cpu", `"golang.org/x/sys/cpu" is for internal/kernel/dispatch`},
		{"graph/add.go", "example.org/x", `add it to the table "outside"`},
		{"graph/add.go", "C", "no cgo"},
		{"graph/add_test.go", "C", "no cgo"},
		{"main.go", "math", "lies in no room"},
	} {
		f := file{path: c.path, test: strings.HasSuffix(c.path, "_test.go"), imports: []imported{{path: c.imports, line: 7}}}
		got := strings.Join(check(f), "; ")
		if (c.want == "") != (got == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s imports %s: %q, want %q", c.path, c.imports, got, c.want)
		}
	}
	dot := file{path: "graph/add.go", imports: []imported{{path: "math", name: ".", line: 3}}}
	if got := check(dot); len(got) != 1 || !strings.Contains(got[0], "no dot imports") {
		t.Errorf("a dot import: %q", got)
	}
}

// check returns what is wrong with one file's imports.
func check(f file) []string {
	var problems []string
	folder, _, ok := cutLast(f.path)
	if !ok {
		return []string{fmt.Sprintf("%s: lies in no room; the root holds no Go files", f.path)}
	}
	room, ok := roomOf(folder)
	if !ok {
		return []string{unknown(f.path, folder)}
	}
	for _, i := range f.imports {
		at := fmt.Sprintf("%s:%d", f.path, i.line)
		if i.name == "." {
			problems = append(problems, at+": no dot imports")
		}
		target, ours := strings.CutPrefix(i.path, module)
		switch first, _, _ := strings.Cut(i.path, "/"); {
		case i.path == "C":
			problems = append(problems, at+": no cgo")
		case ours:
			problems = append(problems, checkRoom(at, room, target, f.test)...)
		case strings.Contains(first, "."):
			problems = append(problems, checkOutside(at, room, i.path, f.test)...)
		}
	}
	return problems
}

// checkRoom judges an import of one of our own folders. Tests may use any room:
// they are no part of the house, and the compiler refuses cycles.
func checkRoom(at, room, folder string, test bool) []string {
	target, ok := roomOf(folder)
	switch {
	case !ok:
		return []string{unknown(at, folder)}
	case test, target == room, slices.Contains(common, target), allowed(room, target):
		return nil
	}
	return []string{fmt.Sprintf("%s: %s may not import %s; it stands on %s (the table \"rooms\" in internal/arch/arch_test.go)",
		at, room, target, strings.Join(rooms[room], ", "))}
}

func unknown(at, folder string) string {
	return fmt.Sprintf("%s: %s is no room; add it to the table \"rooms\" in internal/arch/arch_test.go, with what it stands on", at, folder)
}

func checkOutside(at, room, path string, test bool) []string {
	who, ok := outside[path]
	switch {
	case !ok:
		return []string{fmt.Sprintf("%s: %q is a dependency nobody has named; add it to the table \"outside\" in internal/arch/arch_test.go, with the reason", at, path)}
	case slices.Contains(who, room), test && slices.Contains(who, "tests"):
		return nil
	}
	return []string{fmt.Sprintf("%s: %q is for %s, not for %s", at, path, strings.Join(who, ", "), room)}
}

// allowed reports whether target is somewhere below room.
func allowed(room, target string) bool {
	if slices.Contains(rooms[room], target) {
		return true
	}
	if strings.HasPrefix(target, "internal/kernel") {
		return false
	}
	for _, r := range rooms[room] {
		if allowed(r, target) {
			return true
		}
	}
	return false
}

// roomOf is the row that a folder belongs to.
func roomOf(folder string) (string, bool) {
	for {
		if _, ok := rooms[folder]; ok {
			return folder, true
		}
		parent, _, ok := cutLast(folder)
		if !ok {
			return "", false
		}
		folder = parent
	}
}

func cutLast(path string) (before, after string, ok bool) {
	i := strings.LastIndexByte(path, '/')
	if i < 0 {
		return "", path, false
	}
	return path[:i], path[i+1:], true
}

// checkTable: each room stands on rooms, and none on itself.
func checkTable(t *testing.T) {
	t.Helper()
	const building, built = 1, 2
	state := map[string]int{}
	var visit func(room string) bool
	visit = func(room string) bool {
		if state[room] != 0 {
			return state[room] == built
		}
		state[room] = building
		for _, r := range rooms[room] {
			if _, ok := rooms[r]; !ok {
				t.Fatalf("the table says that %s stands on %s, which has no row", room, r)
			}
			if !visit(r) {
				t.Fatalf("the table has %s above and below %s", r, room)
			}
		}
		state[room] = built
		return true
	}
	for room := range rooms {
		visit(room)
	}
}

// root is the folder of go.mod, above the test's own.
func root(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Fatal("no go.mod above the test's folder")
		}
		dir = parent
	}
}

// files parses the imports of every Go file of the module, for whichever machine
// it is meant. Like the go command it passes over testdata, folders that start
// with _ or ., and folders that are modules of their own.
func files(t *testing.T, root string) []file {
	t.Helper()
	var out []file
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			if path == root {
				return nil
			}
			_, err := os.Stat(filepath.Join(path, "go.mod"))
			if err == nil || name == "testdata" || name[0] == '_' || name[0] == '.' {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") || name[0] == '_' || name[0] == '.' {
			return nil
		}
		f, err := parse(root, path)
		out = append(out, f)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) < 10 {
		t.Fatalf("only %d Go files under %s: is this the module?", len(out), root)
	}
	return out
}

func parse(root, path string) (file, error) {
	rel, err := filepath.Rel(root, path)
	if err != nil {
		return file{}, err
	}
	set := token.NewFileSet()
	tree, err := parser.ParseFile(set, path, nil, parser.ImportsOnly)
	if err != nil {
		return file{}, err
	}
	f := file{path: filepath.ToSlash(rel), test: strings.HasSuffix(path, "_test.go")}
	for _, spec := range tree.Imports {
		i := imported{line: set.Position(spec.Pos()).Line}
		if i.path, err = strconv.Unquote(spec.Path.Value); err != nil {
			return file{}, err
		}
		if spec.Name != nil {
			i.name = spec.Name.Name
		}
		f.imports = append(f.imports, i)
	}
	return f, nil
}
