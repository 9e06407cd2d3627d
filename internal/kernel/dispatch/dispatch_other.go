//go:build !amd64 && !arm64

package dispatch

func assembly() []set { return nil }
