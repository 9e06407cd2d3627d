package cli

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/godescent/descent/data/csv"
	"github.com/godescent/descent/data/open"
	"github.com/godescent/descent/data/parquet"
	"github.com/godescent/descent/data/table"
	"github.com/godescent/descent/internal/suggest"
)

var (
	// telling are names of columns that are there to be predicted.
	telling = []string{"target", "label", "class", "species", "diagnosis", "outcome", "y"}
	// times are names of columns that seldom are, even as the last.
	times = []string{"year", "month", "day", "date", "time"}
	// numbering are names of columns that number the rows.
	numbering = []string{"id", "index", "row"}
)

// largeTable is so many rows that a larger network and batch pay, and decay does not.
const largeTable = 5000

// largestCount is the largest number that is taken for a count of something.
const largestCount = 1000

// table proposes what becomes of a table's columns.
func (d *draft) table(kind string, t *open.Table, target string) error {
	columns, rows, ignored, err := d.profile(kind, string(t.Path))
	if err != nil {
		return err
	}
	var names, left, out []string
	for i, c := range columns {
		names = append(names, c.Name)
		if told := slices.Contains(telling, strings.ToLower(c.Name)); target == "" && told {
			left = append(left, c.Name)
			continue
		}
		if c.Name == target && target != "" {
			continue
		}
		if why := useless(c, rows); why != "" {
			what := fmt.Sprintf("column %q", c.Name)
			if c.Name == "" {
				what = fmt.Sprintf("column %d", i+1)
			}
			out = append(out, what+" is left out: "+why)
			ignored[c.Name] = string(table.Ignore)
			continue
		}
		left = append(left, c.Name)
	}
	switch {
	case target != "" && !slices.Contains(names, target):
		return fmt.Errorf("--target: %s has no column %q; %s", string(t.Path), target, suggest.Hint(target, names))
	case target == "" && len(left) == 0:
		return fmt.Errorf("%s: no column is left to predict; %s", string(t.Path), strings.Join(out, "; "))
	case target == "":
		target = likeliest(left)
		d.note("to predict: column %q; another one by init --target", target)
	}
	if !slices.ContainsFunc(left, func(name string) bool { return name != target }) {
		return fmt.Errorf("%s: no column is left to predict %q from; %s", string(t.Path), target, cmp.Or(strings.Join(out, "; "), "the table has one column"))
	}
	d.seen = append(d.seen, out...)
	if err := errors.Join(d.set("data.path", string(t.Path), "data.target", target), d.doc.Set("data.columns", mapText(ignored), "init")); err != nil {
		return err
	}
	if err := d.gaps(columns, ignored, target); err != nil {
		return err
	}
	if err := d.decimal(columns, ignored, target); err != nil {
		return err
	}
	return d.task(columns[slices.Index(names, target)], rows, string(t.Path))
}

// profile looks at a table, and finds whether it has a header and which columns cannot be read.
func (d *draft) profile(kind, path string) (columns []table.Profile, rows int, ignored map[string]string, err error) {
	ignored = map[string]string{}
	if kind == "parquet" {
		skip := map[string]table.Kind{}
		for {
			columns, rows, err = parquet.ProfileFile(path, skip)
			unreadable := (*table.Error)(nil)
			if !errors.As(err, &unreadable) || unreadable.Column == "" || skip[unreadable.Column] != "" {
				return columns, rows, ignored, err
			}
			d.note("column %q is left out: it is no column of single numbers or texts", unreadable.Column)
			skip[unreadable.Column], ignored[unreadable.Column] = table.Ignore, string(table.Ignore)
		}
	}
	columns, rows, err = csv.ProfileFile(path, csv.Format{})
	if err != nil || !table.Headless(columns) {
		return columns, rows, ignored, err
	}
	d.note("the first row is an example, no header: the columns are column1 to column%d; data.header: true makes it their names", len(columns))
	if err := d.doc.Set("data.header", "false", "init"); err != nil {
		return nil, 0, nil, err
	}
	columns, rows, err = csv.ProfileFile(path, csv.Format{NoHeader: true})
	return columns, rows, ignored, err
}

// useless says why a column cannot help to predict another, or is "".
func useless(c table.Profile, rows int) string {
	lower := strings.ToLower(c.Name)
	switch {
	case c.Name == "":
		return "it has no name"
	case c.Missing == rows:
		return "every cell is missing"
	case c.Different == 1 && c.Missing == 0 && rows > 1:
		return fmt.Sprintf("it is %s in every row", table.Quote(c.Most))
	case c.Texts == 0 && slices.Contains(numbering, lower):
		return "it numbers the rows"
	case c.Texts == 0 || c.Texts == c.Commas && c.Fractions > 0:
		return "" // numbers
	case c.Numbers == 0 && 2*c.Dates > min(c.Different, table.DefaultMaxCategories):
		return "its cells are dates; numbers made of them, such as the month, can help"
	case c.Different > table.DefaultMaxCategories:
		return fmt.Sprintf("it has more than %s different texts, such as %s", grouped(table.DefaultMaxCategories), table.Quote(c.Example))
	case c.Numbers <= c.Texts && c.Different == rows-c.Missing && rows > 20:
		return "it names the rows, as " + table.Quote(c.Example)
	case c.Numbers <= c.Texts && c.Different > max(20, rows/4):
		return fmt.Sprintf("it has %s different texts in %s rows, such as %s", grouped(int64(c.Different)), grouped(int64(rows)), table.Quote(c.Example))
	}
	return ""
}

// likeliest is the column that is most likely to be predicted.
func likeliest(names []string) string {
	for _, name := range slices.Backward(names) {
		if slices.Contains(telling, strings.ToLower(name)) {
			return name
		}
	}
	for _, name := range slices.Backward(names) {
		if !slices.Contains(times, strings.ToLower(name)) {
			return name
		}
	}
	return names[len(names)-1]
}

// gaps proposes what becomes of missing cells.
func (d *draft) gaps(columns []table.Profile, ignored map[string]string, target string) error {
	var where []string
	for _, c := range columns {
		if ignored[c.Name] != "" || c.Missing == 0 {
			continue
		}
		if c.Name != target {
			where = append(where, fmt.Sprintf("%q (%s)", c.Name, grouped(int64(c.Missing))))
			continue
		}
		d.note("rows without %q are left out: %s of them", target, grouped(int64(c.Missing)))
		if err := d.doc.Set("data.fill_columns", mapText(map[string]string{target: string(table.Drop)}), "init"); err != nil {
			return err
		}
	}
	if where == nil {
		return nil
	}
	more := ""
	if n := len(where); n > 5 {
		where, more = where[:5], fmt.Sprintf(" and %d more columns", n-5)
	}
	d.note("cells are missing in %s%s; they become the median of their column's others in the training part, or their most frequent text", strings.Join(where, ", "), more)
	return d.set("data.fill", string(table.Median))
}

// decimal tells numbers with a decimal comma.
func (d *draft) decimal(columns []table.Profile, ignored map[string]string, target string) error {
	for _, c := range columns {
		if ignored[c.Name] == "" && c.Texts > 0 && c.Texts == c.Commas && c.Fractions > 0 {
			d.note("numbers have a decimal comma, as %s has in column %q", table.Quote(c.Example), c.Name)
			return d.set("data.decimal", "comma")
		}
	}
	return nil
}

// task tells classes that are numbers, classes of which one is nearly all, and what suits the number of rows.
func (d *draft) task(target table.Profile, rows int, path string) error {
	numbers := target.Texts == 0 || target.Texts == target.Commas && target.Fractions > 0
	few := numbers && target.Texts == 0 && target.Wholes == target.Numbers && target.Different <= 10 && rows >= 10*target.Different
	if target.Different == 1 {
		return fmt.Errorf("%s: column %q is %s in every row; there is nothing to predict", path, target.Name, table.Quote(target.Most))
	}
	counts := numbers && target.Texts == 0 && target.Wholes == target.Numbers && target.Low >= 0 && target.High <= largestCount
	switch {
	case few:
		or := ""
		if counts {
			or = ", and with loss: poisson counts"
		}
		d.note("%q has %d whole numbers alone: they are classes; data.task: regression makes them numbers%s", target.Name, target.Different, or)
		if err := d.set("data.task", string(table.Classification)); err != nil {
			return err
		}
	case counts:
		d.note("%q has whole numbers from 0 on: if it counts something, loss: poisson predicts the expected count", target.Name)
	}
	if present := target.Numbers + target.Texts; (few || !numbers) && 4*target.MostCount >= 3*present {
		d.note("%.4g%% of the rows are of the class %s, and always saying so is right as often; class_weights: balanced gives the others more say",
			100*float64(target.MostCount)/float64(present), table.Quote(target.Most))
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

// mapText is a map as a specification has it on one line.
func mapText(m map[string]string) string {
	var parts []string
	for name, value := range m {
		parts = append(parts, strconv.Quote(name)+": "+value)
	}
	slices.Sort(parts)
	return "{" + strings.Join(parts, ", ") + "}"
}
