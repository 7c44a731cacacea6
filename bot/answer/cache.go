package answer

import (
	"sync"

	"cairn/runbooks"
)

// cacheSize is how many steps each of a cache's two halves holds.
const cacheSize = 20_000

// A Cache remembers steps that have been checked and classified, so that a
// popular runbook is checked once. The zero value is ready to use, a nil cache
// remembers nothing, and both are safe for concurrent use.
type Cache struct {
	mu       sync.Mutex
	new, old map[stepKey]checkedStep // when new is full it becomes old
}

// A stepKey names a step: the hash is that of the document's text, from which
// everything about the step follows.
type stepKey struct {
	hash string
	span runbooks.Span
}

// A checkedStep is a step without its numbers and its place in a library.
type checkedStep struct {
	step Step
	cite Citation
	ok   bool
}

func (c *Cache) get(k stepKey, make func() checkedStep) checkedStep {
	if c == nil {
		return make()
	}
	c.mu.Lock()
	s, ok := c.new[k]
	if !ok {
		s, ok = c.old[k]
	}
	c.mu.Unlock()
	if ok {
		return s
	}
	s = make()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.new == nil || len(c.new) >= cacheSize {
		c.old, c.new = c.new, map[stepKey]checkedStep{}
	}
	c.new[k] = s
	return s
}
