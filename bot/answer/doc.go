// Package answer turns hits into a cited answer: it extracts the steps of the
// right section, classifies the risk of their commands, attaches a citation
// to each, and abstains where the evidence does not carry.
package answer
