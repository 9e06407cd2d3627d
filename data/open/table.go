package open

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/godescent/descent/data"
	"github.com/godescent/descent/data/csv"
	"github.com/godescent/descent/data/parquet"
	"github.com/godescent/descent/data/table"
	"github.com/godescent/descent/internal/suggest"
)

// Table is a table of text or a Parquet file, which is told by its first bytes.
type Table struct {
	Path        Path              `spec:"path" doc:"the table, text also as .gz; relative to this file"`
	Test        Path              `spec:"test" doc:"a second table that is measured at the end"`
	Target      string            `spec:"target" doc:"the column to predict"`
	Task        string            `spec:"task" values:"auto,classification,regression" doc:"auto: a column of numbers is regression"`
	Columns     map[string]string `spec:"columns" doc:"what columns are, where it is not plain: numeric, onehot, index or ignore"`
	Categorical string            `spec:"categorical" values:"onehot,index" doc:"what columns of texts become"`
	Missing     []string          `spec:"missing" doc:"texts that stand for a missing cell; [] is the usual ones, such as NA"`
	Fill        string            `spec:"fill" values:"error,drop,mean,median,mode" doc:"missing cells: error, drop (the row), or mean, median, mode of the training part"`
	FillColumns map[string]string `spec:"fill_columns" doc:"likewise for single columns"`
	Indicator   bool              `spec:"indicator" doc:"a feature more for where cells of a column were missing"`

	Format TextFormat // of text; a Parquet file needs none
}

// TextFormat is how a table of text is read.
type TextFormat struct {
	Delimiter string `spec:"delimiter" doc:"between cells; auto is the comma, tab or semicolon of the header"`
	Decimal   string `spec:"decimal" values:"point,comma" doc:"the mark in numbers"`
	Header    bool   `spec:"header" doc:"the first row names the columns; without, they are column1, column2, .."`
}

// NewTextFormat tells the delimiter from the header.
func NewTextFormat() TextFormat { return TextFormat{Delimiter: "auto", Decimal: "point", Header: true} }

// NewTable infers what it can and takes no missing cells.
func NewTable() *Table {
	return &Table{Task: "auto", Categorical: string(table.OneHot), Format: NewTextFormat(), Fill: string(table.Refuse)}
}

func (t *Table) options(o Options) (table.Options, error) {
	out := table.Options{
		Limits: o.limits(), Target: t.Target, Categorical: table.Kind(t.Categorical), Missing: t.Missing,
		Columns: map[string]table.Kind{}, Fill: table.Fill(t.Fill), FillColumns: map[string]table.Fill{}, Indicator: t.Indicator,
	}
	if t.Task != "auto" {
		out.Task = table.Task(t.Task)
	}
	if len(out.Missing) == 0 {
		out.Missing = nil
	}
	for name, kind := range t.Columns {
		if !slices.Contains(table.Kinds(), kind) {
			return out, at("columns."+name, "a column cannot be %q; %s", kind, suggest.Hint(kind, table.Kinds()))
		}
		out.Columns[name] = table.Kind(kind)
	}
	for name, fill := range t.FillColumns {
		if !slices.Contains(table.Fills(), fill) {
			return out, at("fill_columns."+name, "missing cells cannot become %q; %s", fill, suggest.Hint(fill, table.Fills()))
		}
		out.FillColumns[name] = table.Fill(fill)
	}
	return out, nil
}

func (o Options) limits() table.Limits { return table.Limits{DType: o.DType, MaxBytes: o.MaxBytes} }

// delimiter is the rune between cells, 0 for auto.
func (t *TextFormat) delimiter() (rune, error) {
	if t.Delimiter == "auto" || t.Delimiter == "" {
		return 0, nil
	}
	text := strings.ReplaceAll(t.Delimiter, `\t`, "\t")
	r, n := utf8.DecodeRuneInString(text)
	if r == utf8.RuneError || n < len(text) {
		return 0, at("delimiter", `%q is not one character; write auto, ",", ";" or "\t"`, t.Delimiter)
	}
	return r, nil
}

// parse is how tables of text are read, but for their limits.
func (t *TextFormat) parse() (f textFormat, err error) {
	if f.Delimiter, err = t.delimiter(); err != nil {
		return f, err
	}
	switch f.NoHeader = !t.Header; t.Decimal {
	case "comma":
		f.Decimal = ','
	case "point", "":
	default:
		return f, at("decimal", "the decimal mark cannot be %q; %s", t.Decimal, suggest.Hint(t.Decimal, []string{"point", "comma"}))
	}
	if f.Decimal == ',' && f.Delimiter == ',' {
		return f, at("decimal", "a comma cannot stand between cells (delimiter) and in numbers too")
	}
	return f, nil
}

// Open implements Opener.
func (t *Table) Open(o Options) (*Data, error) {
	o = o.withDefaults()
	shown := *t
	shown.Path, shown.Test = Path(t.Path.Shown()), Path(t.Test.Shown())
	t = &shown
	switch {
	case t.Path == "":
		return nil, at("path", "a table wants a path: its file")
	case t.Target == "":
		return nil, at("target", "a table wants a target: the name of the column to predict")
	}
	to, err := t.options(o)
	if err != nil {
		return nil, err
	}
	text, err := t.Format.parse()
	if err != nil {
		return nil, err
	}
	d := &Data{Name: filepath.Base(string(t.Path))}
	var s *table.Schema
	if s, err = t.train(d, to, text, o.Stream); err != nil {
		return nil, err
	}
	schema := &tableSchema{Table: s, textFormat: text}
	d.Schema = schema
	if !s.Fitted() {
		d.table = schema
	}
	if t.Test == "" {
		return d, nil
	}
	if err := t.test(d, schema, to.Limits, o.Stream); err != nil {
		_ = d.Close() // it was only read
		return nil, err
	}
	return d, nil
}

// test reads the test table.
func (t *Table) test(d *Data, s *tableSchema, l table.Limits, stream bool) (err error) {
	var like *data.Set
	if stream {
		src, err := s.source(string(t.Test), l)
		if err != nil {
			return err
		}
		kept, err := d.keep(src)
		if err != nil {
			return err
		}
		d.Sources.Test = kept
		if like, err = data.Like(kept, 1); err != nil {
			return err
		}
	} else {
		like, err = s.read(string(t.Test), l)
		d.Test = like
	}
	if err == nil && like.Y == nil {
		err = at("test", "%s has no column %q to compare with", t.Test, t.Target)
	}
	return err
}

// train reads the training table, or makes a source of it.
func (t *Table) train(d *Data, to table.Options, f textFormat, stream bool) (s *table.Schema, err error) {
	isParquet, err := startsWith(string(t.Path), "PAR1")
	if err != nil {
		return nil, err
	}
	text := csv.Options{
		Format: f.with(to.Limits), Target: to.Target, Task: to.Task, Columns: to.Columns, Categorical: to.Categorical,
		Missing: to.Missing, Fill: to.Fill, FillColumns: to.FillColumns, Indicator: to.Indicator,
	}
	rows := 0
	switch {
	case isParquet && stream:
		s, rows, err = parquet.InferFile(string(t.Path), to)
	case isParquet:
		d.Train, s, err = parquet.ReadFile(string(t.Path), to)
	case stream:
		s, rows, err = csv.InferFile(string(t.Path), text)
	default:
		d.Train, s, err = csv.ReadFile(string(t.Path), text)
	}
	if err != nil || !stream {
		return s, err
	}
	src, err := (&tableSchema{Table: s, textFormat: f}).source(string(t.Path), to.Limits)
	if err != nil {
		return nil, err
	}
	kept, err := d.keep(src)
	if err != nil {
		return nil, err
	}
	if n, _, _ := kept.Count(); n != rows { // it knows
		_ = d.Close() // it was only read
		return nil, fmt.Errorf("%s: the file changed while it was read: it had %d rows and has %d", t.Path, rows, n)
	}
	d.Sources.Train = kept
	return s, nil
}

// textFormat is how tables of text are read, kept for the next ones.
type textFormat struct {
	Delimiter rune `json:"delimiter,omitempty"` // 0 is told from each file
	Decimal   rune `json:"decimal,omitempty"`   // 0 is the point
	NoHeader  bool `json:"no_header,omitempty"`
}

func (f textFormat) with(l table.Limits) csv.Format {
	return csv.Format{DType: l.DType, MaxBytes: l.MaxBytes, Delimiter: f.Delimiter, Decimal: f.Decimal, NoHeader: f.NoHeader, Predict: l.Predict}
}

// tableSchema is the Schema of a table.
type tableSchema struct {
	Table *table.Schema `json:"table"`
	textFormat
}

// Features are the names of the features, as table.Schema gives them.
func (s *tableSchema) Features() []string { return s.Table.Features() }

// Check implements Schema.
func (s *tableSchema) Check() error {
	if s.Table == nil {
		return fmt.Errorf("schema of a table: there is none")
	}
	return s.Table.Check()
}

// Kind implements Schema.
func (*tableSchema) Kind() string { return "table" }

// Read implements Schema: a table of text or a Parquet file, whichever the first
// was.
func (s *tableSchema) Read(path string, o ReadOptions) (*Rows, error) {
	if !s.Table.Fitted() {
		return nil, fmt.Errorf("%s: what missing cells become is not known; the schema was not fitted to a training part", path)
	}
	l := o.limits()
	l.Predict = o.Predict
	if o.Stream {
		src, err := s.source(path, l)
		if err != nil {
			return nil, err
		}
		kept, err := data.Spill(src, "", nil)
		if err != nil {
			return nil, err
		}
		return &Rows{Source: kept, open: closers{kept}}, nil
	}
	set, err := s.read(path, l)
	if err != nil {
		return nil, err
	}
	return &Rows{Set: set}, nil
}

// source is a table that is parsed whenever it is read.
func (s *tableSchema) source(path string, l table.Limits) (data.RowSource, error) {
	isParquet, err := startsWith(path, "PAR1")
	if err != nil {
		return nil, err
	}
	if isParquet {
		return parquet.Source(s.Table, path, l), nil
	}
	src, err := csv.Source(s.Table, path, s.with(l))
	if err != nil {
		return nil, err
	}
	return src, nil
}

func (s *tableSchema) read(path string, l table.Limits) (*data.Set, error) {
	isParquet, err := startsWith(path, "PAR1")
	switch {
	case err != nil:
		return nil, err
	case isParquet:
		return parquet.ApplyFile(s.Table, path, l)
	}
	return csv.ApplyFile(s.Table, path, s.with(l))
}

// startsWith reports whether a file starts with a text.
func startsWith(path, text string) (bool, error) {
	head, err := headOf(path, len(text))
	return string(head) == text, err
}

// headOf are a file's first bytes, up to n.
func headOf(path string, n int) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	head := make([]byte, n)
	k, err := io.ReadFull(f, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return head[:k], nil
}

// SchemaOf is the schema of examples that a program made itself: a table with their
// features as columns, all numbers, and their target. Their features and target have names.
func SchemaOf(set *data.Set) (Schema, error) {
	s, err := table.Of(set)
	if err != nil {
		return nil, err
	}
	return &tableSchema{Table: s}, nil
}
