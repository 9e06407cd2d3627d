package images

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"hash/crc32"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/godescent/descent/tensor"
	"pgregory.net/rapid"
)

// Pixels are what record.py found in the same files with Pillow, but for the
// rounding between the two passes of sizing and JPEG's freedom in the inverse
// transform.
func TestPixels(t *testing.T) {
	b, err := os.ReadFile("testdata/recorded.json")
	if err != nil {
		t.Fatal(err)
	}
	var recorded map[string]struct {
		File          string
		Width, Height int
		Pixels        []int
	}
	if err := json.Unmarshal(b, &recorded); err != nil {
		t.Fatal(err)
	}
	if len(recorded) < 11 {
		t.Fatalf("%d images", len(recorded))
	}
	for name, want := range recorded {
		n := want.Width * want.Height
		s := Schema{Height: want.Height, Width: want.Width, Grey: len(want.Pixels) == n, Fit: Stretch, Resize: true}
		row := make([]byte, len(want.Pixels))
		if err := s.decodeFile("testdata/"+want.File, DefaultMaxPixels, row); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		tolerance := 0
		switch {
		case strings.HasSuffix(want.File, ".jpg"):
			tolerance = 2
		case name != want.File && s.Height != 9 || name == "alpha.png":
			tolerance = 1
		}
		worst := 0
		for i, v := range row {
			worst = max(worst, int(v)-want.Pixels[i], want.Pixels[i]-int(v))
		}
		if worst > tolerance {
			t.Errorf("%s: a pixel is off by %d, at most %d is rounding", name, worst, tolerance)
		}
	}
}

// folder writes images of one colour each by their paths.
func folder(t testing.TB, files map[string]uint8) string {
	t.Helper()
	dir := t.TempDir()
	for name, grey := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, encode(t, 4, 3, grey), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func encode(t testing.TB, w, h int, grey uint8) []byte {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, w, h))
	for i := range m.Pix {
		m.Pix[i] = grey
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestFolder(t *testing.T) {
	dir := folder(t, map[string]uint8{"dog/b.png": 20, "dog/a.PNG": 10, "cat/deep/x.png": 30, "cat/y.png": 40, "bird/1.png": 50})
	for _, junk := range []string{".DS_Store", "cat/.hidden", "dog/Thumbs.db"} {
		if err := os.WriteFile(filepath.Join(dir, junk), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	set, s, err := ReadFolder(dir, Options{Grey: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := set.Validate(); err != nil {
		t.Fatal(err)
	}
	if !set.X.Shape().Equal(tensor.Of(5, 3, 4, 1)) || set.X.DType() != tensor.Uint8 {
		t.Fatalf("X is %v %v", set.X.DType(), set.X.Shape())
	}
	if !slices.Equal(set.Classes, []string{"bird", "cat", "dog"}) || !slices.Equal(set.Labels(), []int32{0, 1, 1, 2, 2}) {
		t.Errorf("classes %q, labels %v", set.Classes, set.Labels())
	}
	for i, want := range []byte{50, 30, 40, 10, 20} {
		if got := set.X.Raw()[12*i]; got != want {
			t.Errorf("image %d is %d, want %d", i, got, want)
		}
	}
	// In colour and another size, in blocks from any image.
	src, _, err := Folder(dir, Options{Height: 2, Width: 2})
	if err != nil {
		t.Fatal(err)
	}
	var got []byte
	for block, err := range src.BlocksFrom(1, 3) {
		if err != nil {
			t.Fatal(err)
		}
		if !block.X.Shape()[1:].Equal(tensor.Of(2, 2, 3)) {
			t.Fatalf("a block is %v", block.X.Shape())
		}
		got = append(got, block.X.Raw()...)
	}
	want := slices.Concat(bytes.Repeat([]byte{30}, 12), bytes.Repeat([]byte{40}, 12), bytes.Repeat([]byte{10}, 12), bytes.Repeat([]byte{20}, 12))
	if !bytes.Equal(got, want) {
		t.Errorf("blocks are %v", got)
	}
	// The schema sizes what is predicted from: a file, a folder, folders of classes.
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var back Schema
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path   string
		n      int
		labels []int32
	}{{"cat/y.png", 1, nil}, {"dog", 2, nil}, {"", 5, []int32{0, 1, 1, 2, 2}}} {
		again, names, err := back.Read(filepath.Join(dir, c.path), Options{})
		if err != nil {
			t.Errorf("%q: %v", c.path, err)
			continue
		}
		if again.Len() != c.n || len(names) != c.n || !slices.Equal(again.Labels(), c.labels) || (again.Y != nil) != (c.labels != nil) {
			t.Errorf("%q: %d images, labels %v", c.path, again.Len(), again.Labels())
		}
	}
}

func TestFit(t *testing.T) {
	// Five columns 0, 10, ... 40 of three rows; a square from the middle is columns 1 to 3.
	p := pixels{w: 5, h: 3, channels: 1, data: bytes.Repeat([]byte{0, 10, 20, 30, 40}, 3)}
	if got := p.crop(7, 7); got.w != 3 || got.h != 3 || !bytes.Equal(got.data, bytes.Repeat([]byte{10, 20, 30}, 3)) {
		t.Errorf("crop is %+v", got)
	}
	if got := p.crop(3, 5); got.w != 5 || got.h != 3 {
		t.Errorf("crop is %+v", got)
	}
	if got := p.turn().crop(5, 5); got.w != 3 || got.h != 3 || !bytes.Equal(got.turn().data, bytes.Repeat([]byte{10, 20, 30}, 3)) {
		t.Errorf("crop is %+v", got)
	}
}

// Sizing keeps one colour one colour, stays within the least and greatest pixel,
// and a shrunk image has the mean of the old one if the sides divide.
func TestResize(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		side := rapid.IntRange(1, 17)
		p := pixels{w: side.Draw(t, "w"), h: side.Draw(t, "h"), channels: rapid.SampledFrom([]int{1, 3}).Draw(t, "channels")}
		p.data = rapid.SliceOfN(rapid.Byte(), p.w*p.h*p.channels, p.w*p.h*p.channels).Draw(t, "pixels")
		w, h := side.Draw(t, "new w"), side.Draw(t, "new h")
		got := p.resize(h, w)
		if got.w != w || got.h != h || len(got.data) != w*h*p.channels {
			t.Fatalf("%d by %d, %d bytes", got.w, got.h, len(got.data))
		}
		if slices.Min(got.data) < slices.Min(p.data) || slices.Max(got.data) > slices.Max(p.data) {
			t.Fatalf("%v becomes %v", p.data, got.data)
		}
		for _, n := range []int{p.w, p.h} {
			for m := 1; m < 40; m++ {
				all, sum := taps(n, m)
				for i, pixel := range all {
					total := 0
					for _, k := range pixel {
						total += k.weight
						if k.weight <= 0 || k.from < 0 || k.from >= n {
							t.Fatalf("%d to %d: pixel %d takes %v", n, m, i, pixel)
						}
					}
					if total != sum {
						t.Fatalf("%d to %d: pixel %d has weights of %d, want %d", n, m, i, total, sum)
					}
				}
			}
		}
	})
	// By hand: halves and thirds of 0 30 60 90.
	p := pixels{w: 4, h: 1, channels: 1, data: []byte{0, 30, 60, 90}}
	for w, want := range map[int][]byte{
		1: {45},
		2: {15, 75},
		3: {8, 45, 83}, // (0 + 30/3)/(4/3) = 7.5, (20 + 40)/(4/3) = 45, 82.5
		8: {0, 8, 23, 38, 53, 68, 83, 90},
	} {
		if got := p.resize(1, w).data; !bytes.Equal(got, want) {
			t.Errorf("to %d: %v, want %v", w, got, want)
		}
	}
}

// huge is a PNG whose header claims w by h pixels that are not there.
func huge(w, h uint32) []byte {
	b := []byte("\x89PNG\r\n\x1a\n")
	head := []byte("IHDR")
	head = binary.BigEndian.AppendUint32(head, w)
	head = binary.BigEndian.AppendUint32(head, h)
	head = append(head, 8, 6, 0, 0, 0)
	b = binary.BigEndian.AppendUint32(b, 13)
	b = append(b, head...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(head))
}

func TestMistakes(t *testing.T) {
	write := func(dir, name string, b []byte) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	good := func() string { return folder(t, map[string]uint8{"a/1.png": 1, "b/2.png": 2}) }
	png3 := encode(t, 4, 3, 0)
	for _, c := range []struct {
		name string
		dir  string
		o    Options
		want string
	}{
		{"no folders", t.TempDir(), Options{}, "there are no folders in it"},
		{"loose file", write(good(), "x.png", png3), Options{}, "x.png: this is not in a folder of its class; move it to"},
		{"one class", folder(t, map[string]uint8{"a/1.png": 1}), Options{}, `there is the one class "a"`},
		{"empty class", write(good(), "c/.keep", nil), Options{}, "there are no images in the folder of this class"},
		{"other type", write(good(), "a/x.webp", nil), Options{}, "x.webp: this is no image that can be read; PNG and JPEG"},
		{"no image", write(good(), "b/x.png", []byte("hello")), Options{}, "x.png: this is no PNG or JPEG image, whatever its name says"},
		{"cut off", write(good(), "b/x.png", png3[:len(png3)-20]), Options{}, "x.png: the image is damaged"},
		{"other size", write(good(), "b/x.png", encode(t, 5, 3, 0)), Options{}, "x.png: the image is 5 pixels wide and 3 high, those before it 4 and 3; give a height and width"},
		{"huge", write(good(), "b/x.png", huge(1<<31-1, 1<<31-1)), Options{Height: 2, Width: 2}, "x.png: the image is damaged"},
		{"large", write(good(), "b/x.png", huge(70_000, 1000)), Options{Height: 2, Width: 2}, "x.png: the image is 70000 by 1000 pixels; at most 67108864 pixels are read"},
		{"limit", good(), Options{MaxPixels: 11}, "1.png: the image is 4 by 3 pixels; at most 11 pixels are read"},
		{"memory", good(), Options{MaxBytes: 79}, "2 images of 40 bytes need more than 79 bytes of memory"},
		{"one side", good(), Options{Height: 3}, "a height of 3 and a width of 0; give both, or neither"},
		{"negative", good(), Options{Height: -3, Width: -3}, "images of -3 by "},
		{"large side", good(), Options{Height: 1 << 20, Width: 1 << 20}, "sides from 1 to 16384 are possible"},
		{"fit", good(), Options{Fit: "strech"}, `unknown way to fit an image "strech"; did you mean "stretch"?`},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _, err := ReadFolder(c.dir, c.o)
		runtime.ReadMemStats(&after)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
		if made := after.TotalAlloc - before.TotalAlloc; made > 4<<20 {
			t.Errorf("%s: %d bytes made", c.name, made)
		}
	}
	if _, _, err := ReadFolder("none", Options{}); !os.IsNotExist(err) {
		t.Errorf("error %v", err)
	}
	// The first mistake in the order of names is told, on any number of CPUs.
	dir := good()
	for _, name := range []string{"a/5.png", "b/1.png", "b/9.png"} {
		write(dir, name, []byte("hello"))
	}
	for range 20 {
		if _, _, err := ReadFolder(dir, Options{}); err == nil || !strings.Contains(err.Error(), filepath.Join("a", "5.png")) {
			t.Fatalf("error %v", err)
		}
	}
	_, s, err := ReadFolder(good(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Read(folder(t, map[string]uint8{"bb/1.png": 1}), Options{}); err == nil || !strings.Contains(err.Error(), `the class "bb" was not among those trained on; known: a, b`) {
		t.Errorf("error %v", err)
	}
	for text, want := range map[string]string{
		`{"height":0,"width":3,"fit":"crop"}`:   "images of 0 by 3 pixels",
		`{"height":3,"width":3,"fit":"corp"}`:   `did you mean "crop"?`,
		`{"height":3,"width":99999999,"fit":1}`: "schema of images:",
	} {
		if err := json.Unmarshal([]byte(text), new(Schema)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v", text, err)
		}
	}
}

// Whatever the bytes: no panic, and an example of the size that was asked for or
// an error of one line.
func FuzzDecode(f *testing.F) {
	files, err := filepath.Glob("testdata/*g")
	if err != nil {
		f.Fatal(err)
	}
	for i, path := range files {
		b, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b, i%2 == 0)
	}
	f.Add(huge(1<<20, 1<<20), true)
	f.Fuzz(func(t *testing.T, b []byte, grey bool) {
		s := Schema{Height: 5, Width: 7, Grey: grey, Fit: Crop, Resize: true}
		err := s.decode(bytes.NewReader(b), 1<<14, make([]byte, 35*s.Channels()))
		if err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("error %q", err)
		}
	})
}
