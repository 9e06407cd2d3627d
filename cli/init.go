package cli

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/godescent/descent/cli/spec"
	"github.com/godescent/descent/data"
	"github.com/godescent/descent/data/csv"
	"github.com/godescent/descent/data/images"
	"github.com/godescent/descent/data/open"
	"github.com/godescent/descent/data/parquet"
	"github.com/godescent/descent/data/table"
	"github.com/godescent/descent/internal/suggest"
)

// initFlags are the flags of init.
type initFlags struct {
	target    string
	out       string
	overwrite bool
	schema    bool
}

func (a *app) initCommand() *cobra.Command {
	var f initFlags
	c := &cobra.Command{
		Use:   "init DATA",
		Short: "Look at data and write a specification that trains on them",
		Long: `Look at data and write a specification for them, with a comment on every key: ready to be
trained, and to be changed. DATA is a table (CSV, TSV or Parquet), a folder of images with a
folder for each class, a text, an array (.npy, IDX) or .npz archive, or data that the program
knows. What is to be predicted is --target, or else a column with a telling name, or the last.`,
		Example: `  descent init iris.csv
  descent init houses.parquet --target price --out houses.yaml
  descent init pictures/ && descent train pictures.yaml
  descent init x.npy --target y.npy`,
		Args: between(1, 1, "data"),
		RunE: func(_ *cobra.Command, args []string) error { return a.init(args[0], f) },
	}
	c.Flags().StringVar(&f.target, "target", "", "`column` to predict, or of arrays the file of targets")
	c.Flags().StringVar(&f.out, "out", "", "`file` for the specification (default the data's name with .yaml); - is stdout")
	c.Flags().BoolVar(&f.schema, "schema", false, "write "+SchemaName+" beside the specification, for editors")
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
		return failed(fmt.Errorf("--out: %w", pathless(err)))
	}
	for _, line := range d.seen {
		_, _ = fmt.Fprintln(a.err, line) // nowhere else to say it
	}
	_, err = fmt.Fprintf(a.out, "wrote %s\ntrain it with: descent train %s\n", path, quoted(path))
	return failed(err)
}

// telling are names of columns that are there to be predicted.
var telling = []string{"target", "label", "class", "species", "diagnosis", "outcome", "y"}

// largeTable is so many rows that a larger network and batch pay, and decay does not.
const largeTable = 5000

func (d *draft) table(kind string, t *open.Table, target string) error {
	ignored := map[string]table.Kind{}
	s, rows, missing, err := inferTable(kind, t.Path, ignored)
	for unreadable := (*table.Error)(nil); kind == "parquet" && errors.As(err, &unreadable) && ignored[unreadable.Column] == ""; {
		d.note("column %q is left out: it is no column of single numbers or texts", unreadable.Column)
		ignored[unreadable.Column] = table.Ignore
		s, rows, missing, err = inferTable(kind, t.Path, ignored)
	}
	if err != nil {
		return err
	}
	var names []string
	for _, c := range s.Columns {
		names = append(names, c.Name)
	}
	switch {
	case target != "" && !slices.Contains(names, target):
		return fmt.Errorf("--target: %s has no column %q; %s", t.Path, target, suggest.Hint(target, names))
	case target == "":
		target = names[len(names)-1]
		for _, n := range names {
			if slices.Contains(telling, strings.ToLower(n)) {
				target = n
			}
		}
		d.note("to predict: column %q; another one by init --target", target)
	}
	if err := d.set("data.path", t.Path, "data.target", target); err != nil {
		return err
	}
	if missing {
		d.note("cells are missing; they become the median of their column's others in the training part")
		if err := d.set("data.fill", string(table.Median), "data.fill_columns."+target, string(table.Drop)); err != nil {
			return err
		}
	}
	for _, c := range s.Columns {
		many := c.Kind == table.OneHot && len(c.Categories) > max(20, rows/4)
		number := c.Kind == table.Numeric && slices.Contains([]string{"id", "index", "row"}, strings.ToLower(c.Name))
		if c.Name == target || !many && !number {
			continue
		}
		d.note("column %q is left out: it names the rows", c.Name)
		ignored[c.Name] = table.Ignore
	}
	if err := d.doc.Set("data.columns", columnsText(ignored), "init"); err != nil {
		return err
	}
	return d.task(s, rows, target, t.Path, kind, ignored, missing)
}

func columnsText(columns map[string]table.Kind) string {
	var parts []string
	for name, k := range columns {
		parts = append(parts, strconv.Quote(name)+": "+string(k))
	}
	slices.Sort(parts)
	return "{" + strings.Join(parts, ", ") + "}"
}

// task tells classes that are numbers, and what suits the number of rows.
func (d *draft) task(s *table.Schema, rows int, target, path, kind string, ignored map[string]table.Kind, missing bool) error {
	column := s.Columns[slices.IndexFunc(s.Columns, func(c table.Column) bool { return c.Name == target })]
	if column.Kind == table.Numeric {
		o := table.Options{Target: target, Columns: ignored}
		if missing {
			o.Fill, o.FillColumns = table.Mean, map[string]table.Fill{target: table.Drop}
		}
		set, err := readTable(kind, path, o)
		if err != nil {
			return err
		}
		n, counts := fewWholes(set), countsLike(set)
		switch {
		case n > 0 && rows >= 10*n:
			or := ""
			if counts {
				or = ", and with loss: poisson counts"
			}
			d.note("%q has %d whole numbers alone: they are classes; data.task: regression makes them numbers%s", target, n, or)
			if err := d.set("data.task", string(table.Classification)); err != nil {
				return err
			}
		case counts:
			d.note("%q has whole numbers from 0 on: if it counts something, loss: poisson predicts the expected count", target)
		}
	}
	if rows < largeTable {
		return nil
	}
	d.note("with %s rows, more and wider layers, a larger batch and less decay than for a small table", grouped(int64(rows)))
	return errors.Join(
		d.doc.Set("model", "{kind: mlp, hidden: [256, 128], activation: relu}", "init"),
		d.doc.Set("optimizer", "adamw:lr=0.001,weight_decay=0.01", "init"),
		d.set("schedule", "cosine", "batch", "128", "epochs", "30"),
	)
}

// fewWholes is the number of different targets, if they are ten whole numbers at most.
func fewWholes(set *data.Set) int {
	seen := map[float64]bool{}
	for _, y := range set.Y.Float64s() {
		if y != math.Trunc(y) {
			return 0
		}
		if seen[y] = true; len(seen) > 10 {
			return 0
		}
	}
	if len(seen) < 2 {
		return 0
	}
	return len(seen)
}

// largestCount is the largest number that is taken for a count of something.
const largestCount = 1000

// countsLike reports whether all targets could be counts: small whole numbers from 0 on.
func countsLike(set *data.Set) bool {
	for _, y := range set.Y.Float64s() {
		if y < 0 || y > largestCount || y != math.Trunc(y) {
			return false
		}
	}
	return true
}

// inferTable is a table's columns, with no target, and whether cells are missing.
func inferTable(kind, path string, columns map[string]table.Kind) (s *table.Schema, rows int, missing bool, err error) {
	infer := func(fill table.Fill) (*table.Schema, int, error) {
		if kind == "parquet" {
			return parquet.InferFile(path, table.Options{Columns: columns, Fill: fill})
		}
		return csv.InferFile(path, csv.Options{Columns: columns, Fill: fill})
	}
	s, rows, err = infer(table.Refuse)
	if err == nil {
		return s, rows, false, nil
	}
	if filled, n, err := infer(table.Median); err == nil {
		return filled, n, true, nil
	}
	return nil, 0, false, err
}

func readTable(kind, path string, o table.Options) (set *data.Set, err error) {
	if kind == "parquet" {
		set, _, err = parquet.ReadFile(path, o)
		return set, err
	}
	set, _, err = csv.ReadFile(path, csv.Options{Target: o.Target, Columns: o.Columns, Fill: o.Fill, FillColumns: o.FillColumns})
	return set, err
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
	if err := d.set("data.path", t.Path); err != nil {
		return err
	}
	info, err := os.Stat(t.Path)
	if err != nil || info.Size() >= shortText || strings.HasSuffix(t.Path, ".gz") {
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
