//go:build unix && !linux

package pgtest

import "syscall"

func processAttributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{} }
