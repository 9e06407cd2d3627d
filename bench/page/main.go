// Command page runs the commands that a page of Markdown shows, and puts what
// they print where it stood:
//
//	go run ./bench/page docs/performance.md
//	go run ./bench/page --only charlm docs/performance.md
//
// A place for output is between two comments, with text of any kind in between:
//
//	<!-- run: descent bench --profile mlp_adam --threads 1 -->
//	<!-- end -->
//
// The output comes in a fence, after the command. With "run markdown:" it comes
// as it is. descent is built from this tree; other commands are run as they are.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

func main() {
	only := flag.String("only", "", "run only commands that contain this `text`")
	flag.Parse()
	if err := refresh(flag.Args(), *only); err != nil {
		fmt.Fprintln(os.Stderr, "page:", err)
		os.Exit(1)
	}
}

func refresh(paths []string, only string) error {
	if len(paths) == 0 {
		return errors.New("which page? such as docs/performance.md")
	}
	folder, err := os.MkdirTemp("", "descent-page-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	descent := filepath.Join(folder, "descent")
	build := exec.Command("go", "build", "-o", descent, "./cmd/descent")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("building descent, in its module's folder: %w", err)
	}
	run := func(command string) (string, error) {
		words := strings.Fields(command)
		if words[0] == "descent" {
			words[0] = descent
		}
		fmt.Fprintln(os.Stderr, "$", command)
		c := exec.Command(words[0], words[1:]...)
		var out bytes.Buffer
		c.Stdout, c.Stderr = &out, os.Stderr
		err := c.Run()
		return out.String(), err
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		page, err := fill(string(text), only, run)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if err := os.WriteFile(path, []byte(page), 0o644); err != nil {
			return err
		}
	}
	return nil
}

const (
	fenced   = "<!-- run: "
	markdown = "<!-- run markdown: "
	closing  = " -->"
	end      = "<!-- end -->"
)

// fill puts the output of commands that contain only between their comments.
func fill(page, only string, run func(command string) (string, error)) (string, error) {
	var out strings.Builder
	lines := strings.SplitAfter(page, "\n")
	for i := 0; i < len(lines); i++ {
		out.WriteString(lines[i])
		command, asIs, ok := directive(lines[i])
		if !ok {
			continue
		}
		last := i + 1
		for last < len(lines) && strings.TrimSpace(lines[last]) != end {
			if _, _, another := directive(lines[last]); another {
				break
			}
			last++
		}
		if last == len(lines) || strings.TrimSpace(lines[last]) != end {
			return "", fmt.Errorf("line %d: %q has no %s", i+1, command, end)
		}
		if !strings.Contains(command, only) {
			continue
		}
		text, err := run(command)
		if err != nil {
			return "", fmt.Errorf("line %d: %s: %w", i+1, command, err)
		}
		text = trimmed(text)
		if asIs {
			fmt.Fprintf(&out, "\n%s\n", text)
		} else {
			fmt.Fprintf(&out, "```text\n$ %s\n%s```\n", command, text)
		}
		i = last - 1
	}
	return out.String(), nil
}

// directive is the command of a line that opens a place for output.
func directive(line string) (command string, asIs, ok bool) {
	line = strings.TrimSpace(line)
	for _, p := range []string{fenced, markdown} {
		if c, found := strings.CutPrefix(line, p); found {
			if c, found = strings.CutSuffix(c, closing); found && strings.TrimSpace(c) != "" {
				return strings.TrimSpace(c), p == markdown, true
			}
		}
	}
	return "", false, false
}

// trimmed is output without blanks at the ends of its lines, and one line end at its own.
func trimmed(text string) string {
	var lines []string
	for _, l := range strings.Split(strings.TrimRight(text, "\n \t"), "\n") {
		lines = append(lines, strings.TrimRight(l, " \t"))
	}
	return strings.Join(lines, "\n") + "\n"
}
