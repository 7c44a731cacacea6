// Package groundtest gives tests the labelled sentences of
// bot/answer/testdata/grounding and counts what passes. [Load] reads the
// sentences of a split, [Rates] count them. A Rates is not safe for concurrent
// use.
package groundtest
