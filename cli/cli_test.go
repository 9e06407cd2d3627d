package cli_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/godescent/descent/cli"
)

// TestMain makes the test binary the program that scripts run as "descent".
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"descent": func() { os.Exit(cli.Main(cli.Config{})) }})
}

// TestScripts runs testdata/script: what a user types and sees. Besides the
// usual commands of testscript there are
//
//	mistake TEXT ARGUMENT..       descent exits 2, with TEXT as its one line on stderr
//	exits CODE ARGUMENT..         descent exits with the code
//	json KEY VALUE                the last stdout's JSON object holds it; >= and <= compare
//	keep KEY VARIABLE             the value, for later lines
//	damage FILE flip|cut|empty    turn a byte over, or lose the end, or everything
//
// and the files iris.csv, other.csv, words.parquet, stored.npz, some .idx and the
// folder pictures, see setup.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"mistake": mistake,
			"exits": func(ts *testscript.TestScript, neg bool, args []string) {
				code, err := strconv.Atoi(args[0])
				ts.Check(err)
				exits(ts, code, args[1:])
			},
			"json":   jsonHas,
			"damage": damage,
			"keep": func(ts *testscript.TestScript, neg bool, args []string) {
				ts.Setenv(args[1], jsonValue(ts, args[0]))
			},
		},
		Setup: setup,
	})
}

// setup gives every script the files that are no text, and iris.csv if it has none.
func setup(e *testscript.Env) error {
	e.Setenv("DESCENT_KERNEL", os.Getenv("DESCENT_KERNEL"))
	iris, err := os.ReadFile("../data/testdata/iris.csv")
	if err != nil {
		return err
	}
	for name, from := range map[string]string{"words.parquet": "parquet/testdata/version2.parquet", "stored.npz": "npy/testdata/stored.npz"} {
		b, err := os.ReadFile("../data/" + from)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(e.WorkDir, name), b, 0o666); err != nil {
			return err
		}
	}
	if err := pictures(filepath.Join(e.WorkDir, "pictures")); err != nil {
		return err
	}
	images := "\x00\x00\x08\x03\x00\x00\x00\x03\x00\x00\x00\x02\x00\x00\x00\x02" + "abcdefghijkl" // 3 of 2 by 2
	for name, text := range map[string]string{
		"iris.csv":      string(iris),
		"other.csv":     strings.Replace(string(iris), "5.1", "5.2", 1),
		"images.idx":    images,
		"labels.idx":    "\x00\x00\x08\x01\x00\x00\x00\x03\x00\x01\x00",
		"truncated.idx": images[:20],
		"magic.idx":     "\x89PNG" + images[4:],
		"huge.idx":      "\x00\x00\x08\x03" + strings.Repeat("\x7f\xff\xff\xff", 3),
	} {
		path := filepath.Join(e.WorkDir, name)
		if _, err := os.Stat(path); err == nil {
			continue
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			return err
		}
	}
	return nil
}

// pictures writes a folder of two classes of grey images of 8 by 8: bright above,
// and bright below.
func pictures(dir string) error {
	for i := range 20 {
		class := []string{"above", "below"}[i%2]
		img := image.NewGray(image.Rect(0, 0, 8, 8))
		for at := range img.Pix {
			img.Pix[at] = byte(10 + 3*i + at%5)
			if (at < 32) == (i%2 == 0) {
				img.Pix[at] += 150
			}
		}
		var b bytes.Buffer
		if err := png.Encode(&b, img); err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Join(dir, class), 0o777); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, class, fmt.Sprintf("%02d.png", i)), b.Bytes(), 0o666); err != nil {
			return err
		}
	}
	return nil
}

func damage(ts *testscript.TestScript, neg bool, args []string) {
	path := ts.MkAbs(args[0])
	b, err := os.ReadFile(path)
	ts.Check(err)
	switch args[1] {
	case "flip":
		b[len(b)-100] ^= 1
	case "cut":
		b = b[:len(b)*2/3]
	case "empty":
		b = nil
	}
	ts.Check(os.WriteFile(path, b, 0o666))
}

func exits(ts *testscript.TestScript, code int, args []string) {
	err := ts.Exec("descent", args...)
	got := 0
	if e := (*exec.ExitError)(nil); errors.As(err, &e) {
		got = e.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != code {
		ts.Fatalf("descent %s: exit code %d, want %d", strings.Join(args, " "), got, code)
	}
}

func mistake(ts *testscript.TestScript, neg bool, args []string) {
	exits(ts, cli.ExitMistake, args[1:])
	got := ts.ReadFile("stderr")
	if want := "descent: " + args[0] + "\n"; got != want {
		ts.Fatalf("descent %s: stderr\n got %swant %s", strings.Join(args[1:], " "), got, want)
	}
	if out := ts.ReadFile("stdout"); out != "" {
		ts.Fatalf("descent %s: a mistake prints nothing on stdout, got %q", strings.Join(args[1:], " "), out)
	}
}

// jsonValue is a value of the object on the last line of stdout.
func jsonValue(ts *testscript.TestScript, key string) string {
	lines := strings.Split(strings.TrimSpace(ts.ReadFile("stdout")), "\n")
	var object map[string]any
	ts.Check(json.Unmarshal([]byte(lines[len(lines)-1]), &object))
	v, ok := object[key]
	if !ok {
		return "absent"
	}
	if s, ok := v.(string); ok {
		return s
	}
	text, err := json.Marshal(v)
	ts.Check(err)
	return string(text)
}

func jsonHas(ts *testscript.TestScript, neg bool, args []string) {
	got := jsonValue(ts, args[0])
	ok := false
	if len(args) == 3 {
		x, err := strconv.ParseFloat(got, 64)
		ts.Check(err)
		y, err := strconv.ParseFloat(args[2], 64)
		ts.Check(err)
		ok = args[1] == ">=" && x >= y || args[1] == "<=" && x <= y
	} else {
		ok = got == args[1]
	}
	if ok == neg {
		ts.Fatalf("%s is %s, want %s", args[0], got, strings.Join(args[1:], " "))
	}
}

// run is the command in this process.
func run(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = cli.Main(cli.Config{Args: args, Stdout: &out, Stderr: &errs})
	return code, out.String(), errs.String()
}
