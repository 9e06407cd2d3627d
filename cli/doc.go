// Package cli is the command line of descent: its commands, flags and exit codes.
//
// Main serves the shipped program, and a user's own main that adds to it:
//
//	func main() { os.Exit(cli.Main(cli.Config{Rules: append(optim.Rules(), mine)})) }
package cli
