package llm

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
)

// NewFence returns a line to stand around data in a prompt: random, so that no
// document can hold it.
func NewFence() string {
	var raw [9]byte
	rand.Read(raw[:]) // never fails
	return "=====" + hex.EncodeToString(raw[:]) + "====="
}

// Fenced writes data under a label, between two lines of the fence, which is
// taken out of the data.
func Fenced(w io.Writer, fence, label, data string) {
	fmt.Fprintf(w, "%s\n%s\n%s\n%s\n", label, fence, strings.TrimSpace(strings.ReplaceAll(data, fence, "")), fence)
}

// Cut returns at most n bytes of s, ending on a whole line where one ends
// in the second half, else on a whole character.
func Cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	if i := strings.LastIndexByte(s[:n], '\n'); i >= n/2 {
		return s[:i]
	}
	for n > 0 && s[n]&0xc0 == 0x80 {
		n--
	}
	return s[:n]
}
