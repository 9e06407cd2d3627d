// Command optimizers writes the page of all optimizers and schedules to the file it is given.
package main

import (
	"fmt"
	"os"

	"github.com/godescent/descent/optim/docgen"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("optimizers: give the file to write")
	}
	page, err := docgen.Page()
	if err != nil {
		return err
	}
	return os.WriteFile(args[0], []byte(page), 0o644)
}
