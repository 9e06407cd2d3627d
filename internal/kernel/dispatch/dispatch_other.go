//go:build !amd64

package dispatch

func assembly() []set { return nil }
