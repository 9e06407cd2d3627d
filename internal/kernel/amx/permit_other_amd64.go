//go:build !linux

package amx

import "errors"

// permitted refuses: what other systems ask of a program before tiles are used has not been tried.
func permitted() error { return errors.New("tiles are used on Linux alone") }
