// Command descent trains neural networks by gradient descent.
package main

import (
	"os"

	"github.com/godescent/descent/cli"
)

func main() { os.Exit(cli.Main(cli.Config{})) }
