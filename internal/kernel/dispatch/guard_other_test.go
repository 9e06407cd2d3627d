//go:build !unix

package dispatch

import "testing"

// guardedBytes has no guard pages here: canaries alone catch a stray write.
func guardedBytes(t *testing.T, size int) []byte { return make([]byte, (size+4095)&^4095) }
