package cli

import (
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"golang.org/x/term"

	"github.com/godescent/descent/report"
)

// console is an output that may be a terminal.
type console struct {
	io.Writer
	terminal bool
	color    bool
}

// newConsole looks whether w is a terminal; NO_COLOR and TERM=dumb are respected.
func newConsole(w io.Writer, getenv func(string) string) *console {
	c := &console{Writer: w}
	if f, ok := w.(*os.File); ok {
		c.terminal = term.IsTerminal(int(f.Fd())) && getenv("TERM") != "dumb"
	}
	c.color = c.terminal && getenv("NO_COLOR") == ""
	return c
}

type paint string

const (
	bold paint = "1"
	dim  paint = "2"
	red  paint = "31"
)

// paint colours a text on a terminal.
func (c *console) paint(p paint, s string) string {
	if !c.color {
		return s
	}
	return "\x1b[" + string(p) + "m" + s + "\x1b[0m"
}

// textWidth is how many letters a line of text has at most.
const textWidth = 100

// wrap breaks a text into lines that a reader follows easily and a terminal has room for.
func (c *console) wrap(text string) string {
	width := textWidth
	if w := c.width(); w > 0 {
		width = min(width, w)
	}
	return report.Wrap(text, width)
}

// width is how many letters a line of the terminal has, 0 if there is none or it does not say.
func (c *console) width() int {
	f, ok := c.Writer.(*os.File)
	if !ok || !c.terminal {
		return 0
	}
	w, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return w
}

// table writes rows with their columns aligned.
func (c *console) table(rows [][]string) error {
	w := tabwriter.NewWriter(c, 0, 0, 2, ' ', 0)
	for _, r := range rows {
		if _, err := io.WriteString(w, strings.Join(r, "\t")+"\n"); err != nil {
			return err
		}
	}
	return w.Flush()
}
