package text

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/godescent/descent/data/shipped"
	"github.com/godescent/descent/tensor"
	"pgregory.net/rapid"
)

func read(t testing.TB, text string, o Options) *Corpus {
	t.Helper()
	c, err := Read(strings.NewReader(text), o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// The windows of the package's own example, written out by hand.
func TestWindows(t *testing.T) {
	c := read(t, "to be or", Options{Context: 3})
	if got := strings.Join(c.Schema.Vocabulary, ""); got != " beort" {
		t.Fatalf("vocabulary %q", got)
	}
	set, err := c.Train.Set(0)
	if err != nil {
		t.Fatal(err)
	}
	if err := set.Validate(); err != nil {
		t.Fatal(err)
	}
	if !set.X.Shape().Equal(tensor.Of(2, 3)) || !set.Y.Shape().Equal(tensor.Of(2, 3)) {
		t.Fatalf("X %v, Y %v", set.X.Shape(), set.Y.Shape())
	}
	for i, want := range []struct{ x, y string }{{"to ", "o b"}, {"be ", "e o"}} {
		x, _ := c.Schema.Decode(tensor.Slice[int32](set.X)[3*i:][:3])
		y, _ := c.Schema.Decode(tensor.Slice[int32](set.Y)[3*i:][:3])
		if x != want.x || y != want.y {
			t.Errorf("window %d is %q → %q, want %q → %q", i, x, y, want.x, want.y)
		}
	}
}

// Any text: windows are where they should be, targets are one further, blocks
// are the whole, and what is decoded was encoded.
func TestAnyText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.RuneFrom([]rune("abcdeö\n€𝄞")), 12, 60, -1).Draw(t, "text") + "ab"
		chars := []rune(text)
		o := Options{Context: rapid.IntRange(1, 5).Draw(t, "context"), Stride: rapid.IntRange(1, 7).Draw(t, "stride")}
		c, err := Read(iotest.HalfReader(strings.NewReader(text)), o)
		if err != nil {
			t.Fatal(err)
		}
		set, err := c.Train.Set(0)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for at := 0; at+o.Context < len(chars); at += o.Stride {
			for from, a := range []*tensor.Array{set.X, set.Y} {
				ids := tensor.Slice[int32](a)[n*o.Context:][:o.Context]
				got, err := c.Schema.Decode(ids)
				if want := string(chars[at+from:][:o.Context]); err != nil || got != want {
					t.Fatalf("window %d is %q, want %q; %v", n, got, want, err)
				}
			}
			n++
		}
		if n != set.Len() || n != c.Train.Len() {
			t.Fatalf("%d windows, want %d", set.Len(), n)
		}
		row, size := rapid.IntRange(0, n).Draw(t, "row"), rapid.IntRange(1, 9).Draw(t, "size")
		var x []byte
		for block, err := range c.Train.BlocksFrom(row, size) {
			if err != nil {
				t.Fatal(err)
			}
			x = append(x, block.X.Raw()...)
		}
		if !bytes.Equal(x, set.X.Raw()[4*o.Context*row:]) {
			t.Fatal("blocks differ from the whole")
		}
		ids, missing := c.Schema.Encode(text)
		if back, err := c.Schema.Decode(ids); back != text || err != nil || missing != nil {
			t.Fatalf("%q comes back as %q, %v", text, back, err)
		}
	})
}

// The vocabulary is the training part's; what the rest has besides is reported
// with its line and left out, or refused.
func TestParts(t *testing.T) {
	text := strings.Repeat("ab\n", 20) + "ab\nxb\nab\n" + "xyx\nababa\n" // 60 + 9 + 10 characters
	o := Options{Name: "t.txt", Context: 2, Validation: 9.0 / 79, Test: 10.0 / 79}
	c := read(t, text, o)
	if !slices.Equal(c.Schema.Vocabulary, []string{"\n", "a", "b"}) {
		t.Errorf("vocabulary %q", c.Schema.Vocabulary)
	}
	want := []Missing{{"validation", 'x', 1, 22}, {"test", 'x', 2, 24}, {"test", 'y', 1, 24}}
	if !slices.Equal(c.Missing, want) {
		t.Errorf("missing %v, want %v", c.Missing, want)
	}
	if got, _ := c.Schema.Decode(c.Test.IDs()); got != "\nababa\n" {
		t.Errorf("the test part is %q", got)
	}
	if got, _ := c.Schema.Decode(c.Validation.IDs()); got != "ab\nb\nab\n" {
		t.Errorf("the validation part is %q", got)
	}
	if got := want[1].String(); got != `'x' (U+0078) is not in the training part: 2 left out of the test part, the first on line 24` {
		t.Errorf("%s", got)
	}
	o.Unknown = Refuse
	if _, err := Read(strings.NewReader(text), o); err == nil || !strings.Contains(err.Error(), "t.txt:22: 'x' is not in the training part; there are 1 such characters in the validation part") {
		t.Errorf("error %v", err)
	}
}

// The novels that are part of the program: 80 characters, of which the two square
// brackets are in the validation part alone, once each.
func TestAusten(t *testing.T) {
	c, err := shipped.Lookup("austen")
	if err != nil {
		t.Fatal(err)
	}
	text, err := c.Text()
	if err != nil {
		t.Fatal(err)
	}
	corpus := read(t, text, Options{Context: 64, Validation: 0.05, Test: 0.05})
	if m := corpus.Missing; len(corpus.Schema.Vocabulary) != 78 || len(m) != 2 || m[0].Char != '[' || m[1].Char != ']' || m[0].Count != 1 || m[0].Part != "validation" {
		t.Errorf("%d characters, missing %v", len(corpus.Schema.Vocabulary), corpus.Missing)
	}
	set, err := corpus.Train.Set(0)
	if err != nil || set.Validate() != nil || set.Len() != 1411019/64 {
		t.Errorf("%d windows, %v", set.Len(), err)
	}
}

func TestFormats(t *testing.T) {
	want := read(t, "ab\ncd\nab", Options{Context: 1}).Train.IDs()
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	io.WriteString(z, "ab\ncd\nab")
	z.Close()
	for name, text := range map[string]string{"windows": "ab\r\ncd\r\nab", "mark": "\ufeffab\ncd\nab", "gzip": packed.String()} {
		if got := read(t, text, Options{Context: 1}).Train.IDs(); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	// A carriage return by itself is a character.
	if c := read(t, "a\rb\rc", Options{Context: 1}); !slices.Contains(c.Schema.Vocabulary, "\r") {
		t.Errorf("vocabulary %q", c.Schema.Vocabulary)
	}
}

func TestMistakes(t *testing.T) {
	for _, c := range []struct {
		name, text string
		o          Options
		want       string
	}{
		{"empty", "", Options{}, "t.txt: the training part has 0 characters; more than the context of 64 are needed"},
		{"short", "hello", Options{}, "t.txt: the training part has 5 characters; more than the context of 64"},
		{"short part", strings.Repeat("ab", 100), Options{Context: 8, Test: 0.02}, "t.txt: the test part has 4 characters; more than the context of 8"},
		{"one", strings.Repeat("a", 100), Options{}, `t.txt: the training part has the one character "a"`},
		{"latin-1", "gut\ngr\xfcn", Options{Context: 2}, "t.txt:2: the byte fc is not UTF-8; save the text as UTF-8"},
		{"utf-16", "\xff\xfea\x00", Options{}, "t.txt: the text is UTF-16; save it as UTF-8"},
		{"memory", strings.Repeat("ab", 100), Options{Context: 2, MaxBytes: 600}, "t.txt: the text is longer than 100 bytes, for which the limit of 600 bytes"},
		{"context", "ab", Options{Context: -1}, "t.txt: a context of -1 characters"},
		{"stride", "ab", Options{Stride: -1}, "t.txt: windows -1 characters apart"},
		{"shares", "ab", Options{Validation: 0.5, Test: 0.5}, "t.txt: validation 0.5 and test 0.5; shares from 0 on that leave some"},
		{"unknown", "ab", Options{Unknown: "skp"}, `t.txt: unknown characters are to become "skp"; did you mean "skip"?`},
		{"damaged gzip", "\x1f\x8b\x08", Options{}, "t.txt: the compressed data is damaged"},
	} {
		c.o.Name = "t.txt"
		if _, err := Read(strings.NewReader(c.text), c.o); err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
	}
	if _, err := ReadFile("none.txt", Options{}); !os.IsNotExist(err) {
		t.Errorf("error %v", err)
	}
	w := read(t, strings.Repeat("ab", 100), Options{Context: 10, Stride: 1}).Train
	if _, err := w.Set(80 * 100); err == nil || !strings.Contains(err.Error(), "190 windows of 10 characters need more than 8000 bytes") {
		t.Errorf("error %v", err)
	}
	for text, want := range map[string]string{
		`{"vocabulary":["a","b"],"context":0}`:  "a context of 0",
		`{"vocabulary":["a"],"context":3}`:      "a vocabulary of 1",
		`{"vocabulary":["a","bc"],"context":3}`: `entry 1 of the vocabulary, "bc", is not a character`,
		`{"vocabulary":["a","a"],"context":3}`:  `entry 1 of the vocabulary, "a"`,
		`{"vocabulary":["a",""],"context":3}`:   `entry 1`,
		`{"vocabulary":3}`:                      "schema of a text:",
	} {
		if err := json.Unmarshal([]byte(text), new(Schema)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", text, err, want)
		}
	}
	s := Schema{Vocabulary: []string{"a", "b"}, Context: 1}
	if _, err := s.Decode([]int32{0, 2}); err == nil || !strings.Contains(err.Error(), "character 1 is 2; the vocabulary has 2") {
		t.Errorf("error %v", err)
	}
}

// Whatever the bytes: no panic, one-line errors that name the file, and examples
// that are valid, through the schema's JSON too.
func FuzzRead(f *testing.F) {
	f.Add([]byte("to be or not to be"), 3, 2, byte(10), byte(20))
	f.Add([]byte("\ufeffgrün\r\n\r€𝄞 und so weiter"), 1, 1, byte(0), byte(30))
	f.Add([]byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"), 1, 1, byte(0), byte(0))
	f.Fuzz(func(t *testing.T, b []byte, context, stride int, validation, test byte) {
		o := Options{Name: "fuzz", Context: context, Stride: stride, Validation: float64(validation) / 256, Test: float64(test) / 256, MaxBytes: 1 << 16}
		c, err := Read(bytes.NewReader(b), o)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "fuzz:") || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %q", err)
			}
			return
		}
		j, err := json.Marshal(c.Schema)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(j, new(Schema)); err != nil {
			t.Fatalf("%v in %s", err, j)
		}
		for _, w := range []*Windows{c.Train, c.Validation, c.Test} {
			if w == nil {
				continue
			}
			set, err := w.Set(1 << 20)
			if err != nil {
				continue
			}
			if err := set.Validate(); err != nil {
				t.Fatal(err)
			}
		}
	})
}
