package pgtest

import "syscall"

// processAttributes makes the server end with the test binary.
func processAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGINT}
}
