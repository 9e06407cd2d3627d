package figures

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"strings"

	"github.com/godescent/descent/report"
)

// Drawn is a figure with its picture.
type Drawn struct {
	Figure
	*Picture
	PNG []byte
}

// intro opens both pages.
const intro = "What a lecture on gradient descent shows, redrawn with runs of this program: every picture, and every number in the text, " +
	"comes from the command `descent figures`. The order is that of chapter 7 of Bishop and Bishop's *Deep Learning* (2024)."

// Write writes into a folder each picture and index.html, which holds all of them, and beside
// the folder its name with .md, which shows them.
func Write(dir string, all []Drawn, command string) error {
	var page, text bytes.Buffer
	fmt.Fprintf(&page, `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Gradient descent in pictures</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #111; background: #fff; }
img { max-width: 100%%; height: auto; display: block; }
figure { margin: 1rem 0; }
figcaption { color: #555; font-size: 14px; }
nav a { margin-right: 1em; display: inline-block; }
@media (prefers-color-scheme: dark) { body { color: #e8e8e8; background: #16181d; } figcaption { color: #b4b8c0; } a { color: #8ab4f8; } }
</style>
<h1>Gradient descent in pictures</h1>
<p>%s</p>
<nav>`, plain(intro))
	fmt.Fprintf(&text, "# Gradient descent in pictures\n\n%s\n\n    %s\n", report.Wrap(intro+" This page was written by", 120), command)
	for _, d := range all {
		fmt.Fprintf(&page, "<a href=\"#%s\">%s</a>\n", d.Name, html.EscapeString(d.Title))
	}
	page.WriteString("</nav>\n")
	for _, d := range all {
		if err := os.WriteFile(filepath.Join(dir, d.Name+".png"), d.PNG, 0o666); err != nil {
			return err
		}
		fmt.Fprintf(&page, "<h2 id=\"%s\">%s</h2>\n<p>%s</p>\n<figure><img alt=\"%s\" src=\"data:image/png;base64,%s\">\n<figcaption>Run: %s</figcaption></figure>\n",
			d.Name, html.EscapeString(d.Title), html.EscapeString(d.Text), html.EscapeString(d.Title), base64.StdEncoding.EncodeToString(d.PNG), html.EscapeString(d.Caption))
		fmt.Fprintf(&text, "\n## %s\n\n%s\n\n![%s](%s/%s.png)\n\n*Run: %s*\n", d.Title, report.Wrap(d.Text, 120), d.Title, filepath.Base(filepath.Clean(dir)), d.Name, d.Caption)
	}
	page.WriteString("</html>\n")
	if err := os.WriteFile(filepath.Join(dir, "index.html"), page.Bytes(), 0o666); err != nil {
		return err
	}
	return os.WriteFile(filepath.Clean(dir)+".md", text.Bytes(), 0o666)
}

// plain is Markdown's marks as HTML.
func plain(s string) string {
	return strings.NewReplacer("`descent figures`", "<code>descent figures</code>", "*Deep Learning*", "<em>Deep Learning</em>").Replace(html.EscapeString(s))
}
