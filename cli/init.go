package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/godescent/descent/cli/spec"
	"github.com/godescent/descent/data/images"
	"github.com/godescent/descent/data/open"
	"github.com/godescent/descent/internal/suggest"
)

// initFlags are the flags of init.
type initFlags struct {
	target    string
	out       string
	overwrite bool
	schema    bool
	sets      []string
}

func (a *app) initCommand() *cobra.Command {
	var f initFlags
	c := &cobra.Command{
		Use:   "init DATA",
		Short: "Look at data and write a specification that trains on them",
		Long: `Look at data and write a specification for them, with a comment on every key: ready to be
trained, and to be changed. DATA is a table (CSV, TSV or Parquet), a folder of images with a
folder for each class, a text, an array (.npy, IDX) or .npz archive, or data that the program
knows. What is to be predicted is --target, or else a column with a telling name, or the last.

Of a table it leaves out columns that cannot help, fills missing cells, and tells decimal
commas and a missing header; each is said, and a key that can be changed.`,
		Example: `  descent init iris.csv
  descent init houses.parquet --target price --out houses.yaml
  descent init patients.csv --set data.fill=drop --set model.hidden=[16]
  descent init pictures/ && descent train pictures.yaml
  descent init x.npy --target y.npy`,
		Args: between(1, 1, "data"),
		RunE: func(_ *cobra.Command, args []string) error { return a.init(args[0], f) },
	}
	c.Flags().StringVar(&f.target, "target", "", "`column` to predict, or of arrays the file of targets")
	c.Flags().StringVar(&f.out, "out", "", "`file` for the specification (default the data's name with .yaml); - is stdout")
	c.Flags().BoolVar(&f.schema, "schema", false, "write "+SchemaName+" beside the specification, for editors")
	c.Flags().StringArrayVar(&f.sets, "set", nil, "give any key of the specification a value, as `key=value`; again for more")
	c.Flags().BoolVar(&f.overwrite, "overwrite", false, "replace the file")
	return c
}

// draft is a specification in the making.
type draft struct {
	doc  *spec.Document
	seen []string // what was found in the data, and what follows from it
}

func (d *draft) note(format string, args ...any) {
	d.seen = append(d.seen, fmt.Sprintf(format, args...))
}

// set gives keys values, pair by pair.
func (d *draft) set(pairs ...string) error {
	for i := 0; i+1 < len(pairs); i += 2 {
		if err := d.doc.SetText(pairs[i], pairs[i+1], "init"); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) init(name string, f initFlags) error {
	wrap := func(err error) error { return fmt.Errorf("init: %w", pathless(err)) }
	kind, opener, err := open.Detect(name)
	if err != nil {
		return wrap(err)
	}
	if !slices.Contains(a.tables.SourceNames(), kind) {
		return fmt.Errorf("init: there is no kind of data %q here; %s", kind, suggest.Hint(kind, a.tables.SourceNames()))
	}
	d := &draft{doc: spec.New(kind, a.tables)}
	switch o := opener.(type) {
	case *open.Table:
		err = d.table(kind, o, f.target)
	case *open.Images:
		err = d.images(o)
	case *open.Text:
		err = d.text(o)
	case *open.Arrays:
		err = d.arrays(kind, o, f.target)
	case *open.Archive:
		err = d.set("data.path", o.Path)
	}
	if err != nil {
		return wrap(err)
	}
	if err := applySets(d.doc, f.sets); err != nil {
		return err
	}
	s, err := d.doc.Spec()
	if err != nil {
		return wrap(err)
	}
	run, err := s.Build() // what is written has been seen to work
	if err != nil {
		return wrap(err)
	}
	d.seen = append(d.seen, run.Notes...)
	return a.writeSpec(name, kind, d, run, f)
}

// writeSpec writes the complete specification with what was found on top.
func (a *app) writeSpec(name, kind string, d *draft, run *spec.Run, f initFlags) error {
	path := f.out
	if path == "" {
		base := filepath.Base(filepath.Clean(name))
		if base == "." || base == string(filepath.Separator) {
			base = kind
		}
		base = strings.TrimSuffix(base, ".gz")
		path = strings.TrimSuffix(base, filepath.Ext(base)) + ".yaml"
	}
	dir := filepath.Dir(path)
	if path == "-" {
		dir = "."
	}
	if err := run.Spec.Relative(dir); err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	doc, err := run.Spec.Marshal()
	if err != nil {
		return err
	}
	c := run.Config
	text := ""
	if f.schema {
		if text, err = a.writeSchema(dir); err != nil {
			return err
		}
	}
	text += fmt.Sprintf("# %s: %s to train on", run.Name, grouped(int64(c.Len())))
	for _, p := range []struct {
		n    int
		what string
	}{{c.Validation.Len(), "to validate"}, {c.Test.Len(), "to test"}} {
		if p.n > 0 {
			text += fmt.Sprintf(", %s %s", grouped(int64(p.n)), p.what)
		}
	}
	text += "\n# " + run.Title + "\n"
	for _, line := range d.seen {
		text += "# " + line + "\n"
	}
	text += "\n" + string(doc)
	if path == "-" {
		_, err := fmt.Fprint(a.out, text)
		return failed(err)
	}
	flags := os.O_WRONLY | os.O_CREATE | os.O_EXCL
	if f.overwrite {
		flags = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	}
	file, err := os.OpenFile(path, flags, 0o666)
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("--out: %s exists; take another name, or --overwrite", path)
	}
	if err != nil {
		return fmt.Errorf("--out: %w", pathless(err))
	}
	_, err = file.WriteString(text)
	if err = errors.Join(err, file.Close()); err != nil {
		if info, gone := os.Lstat(path); gone == nil && info.Mode().IsRegular() {
			_ = os.Remove(path) // half a specification would stand in the way of the next
		}
		return failed(fmt.Errorf("--out: %w", pathless(err)))
	}
	for _, line := range d.seen {
		_, _ = fmt.Fprintln(a.err, line) // nowhere else to say it
	}
	_, err = fmt.Fprintf(a.out, "wrote %s\ntrain it with: descent train %s\n", path, quoted(path))
	return failed(err)
}

// side is what images of different or large sides are brought to.
const side = 64

func (d *draft) images(m *open.Images) error {
	if err := d.set("data.path", m.Path); err != nil {
		return err
	}
	dir := m.Path
	if info, err := os.Stat(filepath.Join(dir, "train")); err == nil && info.IsDir() {
		dir = filepath.Join(dir, "train")
	}
	_, schema, err := images.ReadFolder(dir, images.Options{})
	if err == nil && schema.Height <= side && schema.Width <= side {
		return nil
	}
	if _, _, again := images.Folder(dir, images.Options{Height: side, Width: side}); again != nil {
		return again
	}
	d.note("the images are large or not alike: they are cut and brought to %d×%d", side, side)
	return d.set("data.height", strconv.Itoa(side), "data.width", strconv.Itoa(side), "data.fit", string(images.Crop))
}

// shortText is so few characters that a large model only learns them by heart.
const shortText = 300_000

func (d *draft) text(t *open.Text) error {
	if err := d.set("data.path", string(t.Path)); err != nil {
		return err
	}
	info, err := os.Stat(string(t.Path))
	if err != nil || info.Size() >= shortText || strings.HasSuffix(string(t.Path), ".gz") {
		return err
	}
	d.note("the text is short: a small model with dropout, windows that overlap, and it stops when the validation part gets no better")
	return errors.Join(
		d.doc.Set("model", "{kind: charlm, dim: 64, layers: 2, heads: 4, dropout: 0.1}", "init"),
		d.set("data.stride", "32", "epochs", "30", "stop.patience", "3"),
	)
}

func (d *draft) arrays(kind string, o *open.Arrays, target string) error {
	labels := target
	for _, swap := range [][2]string{{"images-idx3", "labels-idx1"}, {"images", "labels"}, {"x_", "y_"}, {"X_", "y_"}, {"x.", "y."}, {"X.", "y."}} {
		base := filepath.Base(o.Examples)
		guess := filepath.Join(filepath.Dir(o.Examples), strings.Replace(base, swap[0], swap[1], 1))
		if _, err := os.Stat(guess); labels == "" && guess != o.Examples && err == nil {
			labels = guess
			d.note("to predict: %s; another file by init --target", filepath.Base(guess))
		}
	}
	if labels == "" {
		return fmt.Errorf("%s holds examples; give the file of their targets by --target", o.Examples)
	}
	return d.set("data.examples", o.Examples, "data.labels", labels)
}
