package cli

import (
	"fmt"

	"github.com/godescent/descent/report"
)

// plotFlag judges the file that --plot names before any work is done.
func plotFlag(path string) error {
	if err := report.Check(path, ".png", ".svg"); err != nil {
		return fmt.Errorf("--plot: %w", err)
	}
	return nil
}

func savePlot(f *report.Figure, path string) error {
	if err := f.Save(path); err != nil {
		return fmt.Errorf("--plot: %w", err)
	}
	return nil
}
