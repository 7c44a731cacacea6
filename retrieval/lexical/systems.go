package lexical

import (
	_ "embed"
	"strings"
	"sync"
)

//go:embed systems.txt
var systemsText string

// systemNames are all names of Systems.
var systemNames = sync.OnceValue(func() map[string]bool {
	out := map[string]bool{}
	for _, names := range Systems() {
		for _, n := range names {
			out[n] = true
		}
	}
	return out
})

// Systems returns the names of products and services, in lower case: one
// product's names together.
var Systems = sync.OnceValue(func() [][]string {
	var out [][]string
	for line := range strings.Lines(systemsText) {
		if names := strings.Fields(line); len(names) > 0 && names[0][0] != '#' {
			out = append(out, names)
		}
	}
	return out
})
